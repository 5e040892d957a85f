"""Print the OpenAPI document of the API as YAML."""

import importlib
import sys

from local.template import TEMPLATE_FILE, load_template, resources


def main() -> None:
    """Read everything from the template and from the layer it names."""
    for layer in resources(load_template(), "AWS::Serverless::LayerVersion").values():
        sys.path.insert(0, str(TEMPLATE_FILE.parent / layer["ContentUri"]))
    # Only now is the layer on the path.
    document = importlib.import_module("local.openapi.document")
    sys.stdout.write(document.as_yaml())


if __name__ == "__main__":
    main()
