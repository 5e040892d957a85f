"""What AWS makes of template.yaml: plain CloudFormation, with all that the SAM translator adds by itself."""

import copy

import boto3
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator

from local.template import Template


def deployed(template: Template) -> Template:
    """Return the template transformed; what `sam build` would upload has a made-up place."""
    source = copy.deepcopy(template)
    for resource in source["Resources"].values():
        for code in {"CodeUri", "ContentUri"} & resource["Properties"].keys():
            if not resource["Properties"][code].startswith("s3://"):
                resource["Properties"][code] = "s3://artifacts/code"
    translator = Translator({}, Parser(), boto_session=boto3.Session(region_name="eu-central-1"))
    result: Template = translator.translate(source, {})
    return result
