"""The functions of template.yaml run, log and alarm as they should."""

from datetime import timedelta
from pathlib import Path

import pytest

import account_link
from account_link.models import ANNOUNCED_AFTER, EXCHANGE_LIMIT, FENCE, LEASE
from local.template import (
    TEMPLATE_FILE,
    Template,
    function_environment,
    function_folder,
    function_timeouts,
    functions,
    resources,
)

FOLDERS = {
    "StartAuthFunction": "start_auth",
    "CallbackFunction": "callback",
    "ConfirmFunction": "confirm",
    "StatusFunction": "status",
    "ToggleFunction": "toggle",
    "UnlinkFunction": "unlink",
    "RevokeFunction": "revoke",
}
WORKER = "RevokeFunction"
HTTP_API_LIMIT = timedelta(seconds=30)
COMMON_VARIABLES = {
    "TABLE_NAME",
    "TOKEN_KEY_ID",
    "LOG_LEVEL",
    "POWERTOOLS_SERVICE_NAME",
    "POWERTOOLS_METRICS_NAMESPACE",
    "DEPLOYMENT",
    "TRAININGPEAKS_OAUTH_URL",
    "TRAININGPEAKS_API_URL",
    "TRAININGPEAKS_CLIENT_ID",
    "CLIENT_SECRET_NAME",
    "REVOCATION_QUEUE_URL",
    "RETURN_URLS",
    "CALLBACK_URL",
    "LOCAL_USER_ID",
    "AWS_ENDPOINT_URL",
}


def test_each_function_has_its_folder_and_its_handler(template: Template) -> None:
    assert {name: function_folder(template, name) for name in functions(template)} == {
        name: TEMPLATE_FILE.parent / "functions" / folder for name, folder in FOLDERS.items()
    }
    assert {function["Handler"] for function in functions(template).values()} == {"app.lambda_handler"}


def test_every_function_ends_before_the_http_api_gives_up(template: Template) -> None:
    longest = timedelta(seconds=29)
    shorter = timedelta(seconds=15)
    outside = {"CallbackFunction", "UnlinkFunction", WORKER}
    assert function_timeouts(template) == {name: longest if name in outside else shorter for name in FOLDERS}
    assert longest < HTTP_API_LIMIT


@pytest.mark.parametrize("function", FOLDERS)
def test_nothing_that_a_function_holds_for_itself_ends_before_the_function(template: Template, function: str) -> None:
    """Behind a fence, a lease or an announcement that has run out nobody may still be at work."""
    timeout = function_timeouts(template)[function]
    assert timeout <= FENCE
    assert timeout < LEASE
    assert timeout + timedelta(seconds=10) <= ANNOUNCED_AFTER


def test_an_exchange_counts_as_dead_when_the_callback_function_must_be(template: Template) -> None:
    assert function_timeouts(template)["CallbackFunction"] == EXCHANGE_LIMIT


def test_the_worker_is_fed_by_the_revocation_queue_alone(template: Template) -> None:
    """It reports the messages of a batch one by one: the others are not worked on again."""
    (event,) = functions(template)[WORKER]["Events"].values()
    assert event["Type"] == "SQS"
    assert event["Properties"]["Queue"] == {"Fn::GetAtt": ["RevocationQueue", "Arn"]}
    assert event["Properties"]["FunctionResponseTypes"] == ["ReportBatchItemFailures"]


def test_a_message_stays_hidden_for_six_time_outs_of_the_worker(template: Template) -> None:
    """Which Lambda asks for; with less, a message could come again while it is still worked on."""
    queue = resources(template, "AWS::SQS::Queue")["RevocationQueue"]
    assert timedelta(seconds=queue["VisibilityTimeout"]) >= 6 * function_timeouts(template)[WORKER]
    assert function_environment(template, WORKER)["REVOCATION_QUEUE_URL"] == {"Ref": "RevocationQueue"}


def test_everything_runs_on_python_3_13_and_arm64_unless_told_otherwise(template: Template) -> None:
    (layer,) = resources(template, "AWS::Serverless::LayerVersion").values()
    for function in functions(template).values():
        assert function["Runtime"] == "python3.13"
        assert function["Architectures"] == [{"Ref": "Architecture"}]
        assert function["Layers"] == [{"Ref": "AccountLinkLayer"}]
    assert layer["CompatibleArchitectures"] == [{"Ref": "Architecture"}]
    assert template["Parameters"]["Architecture"]["Default"] == "arm64"
    assert set(template["Parameters"]["Architecture"]["AllowedValues"]) == {"arm64", "x86_64"}


def test_the_layer_is_built_for_the_architecture_of_the_functions(template: Template) -> None:
    assert template["Resources"]["AccountLinkLayer"]["Metadata"] == {
        "BuildMethod": "makefile",
        "ContextPath": {"Fn::Sub": "layers/account_link/platforms/${Architecture}"},
        "BuildArchitecture": {"Ref": "Architecture"},
    }


def test_every_log_is_kept_for_a_set_time(template: Template) -> None:
    groups = resources(template, "AWS::Logs::LogGroup")
    logging = {name: function["LoggingConfig"]["LogGroup"]["Ref"] for name, function in functions(template).items()}
    (api,) = resources(template, "AWS::Serverless::HttpApi").values()
    assert sorted([*logging.values(), api["AccessLogSettings"]["DestinationArn"]["Fn::GetAtt"][0]]) == sorted(groups)
    assert {str(group["RetentionInDays"]) for group in groups.values()} == {str({"Ref": "LogRetentionDays"})}


@pytest.mark.parametrize("function", FOLDERS)
def test_a_function_is_told_what_it_needs(template: Template, function: str) -> None:
    makes_or_reads_states = function in {"StartAuthFunction", "CallbackFunction"}
    expected = COMMON_VARIABLES | ({"STATE_KEY"} if makes_or_reads_states else set())
    assert function_environment(template, function).keys() == expected


@pytest.mark.parametrize("variable", ["LOCAL_USER_ID", "AWS_ENDPOINT_URL"])
def test_what_only_a_laptop_may_set_does_not_exist_on_aws(template: Template, variable: str) -> None:
    value = template["Globals"]["Function"]["Environment"]["Variables"][variable]
    assert value == {"Fn::If": ["IsLocal", "", {"Ref": "AWS::NoValue"}]}
    assert template["Conditions"]["IsLocal"] == {"Fn::Equals": [{"Ref": "Deployment"}, "local"]}
    (rule,) = template["Rules"]["LocalIsNotDeployed"]["Assertions"]
    assert rule["Assert"] == {"Fn::Not": [{"Fn::Equals": [{"Ref": "Deployment"}, "local"]}]}


def test_a_client_that_trainingpeaks_refuses_alarms_the_operators(template: Template) -> None:
    alarm = resources(template, "AWS::CloudWatch::Alarm")["ClientRefusedAlarm"]
    variables = template["Globals"]["Function"]["Environment"]["Variables"]
    layer = Path(account_link.__file__).parent
    assert alarm["Namespace"] == variables["POWERTOOLS_METRICS_NAMESPACE"]
    assert alarm["Dimensions"] == [{"Name": "service", "Value": variables["POWERTOOLS_SERVICE_NAME"]}]
    assert any(f'count("{alarm["MetricName"]}")' in file.read_text(encoding="utf-8") for file in layer.glob("*.py"))


def test_a_5xx_alarms_the_operators(template: Template) -> None:
    alarm = resources(template, "AWS::CloudWatch::Alarm")["ServerErrorAlarm"]
    assert (alarm["Namespace"], alarm["MetricName"]) == ("AWS/ApiGateway", "5xx")
    assert alarm["Dimensions"] == [{"Name": "ApiId", "Value": {"Ref": "HttpApi"}}]


def test_trainingpeaks_is_the_sandbox_unless_told_otherwise(template: Template) -> None:
    parameters = template["Parameters"]
    assert parameters["Deployment"]["Default"] == "sandbox"
    assert parameters["TrainingPeaksOAuthUrl"]["Default"] == "https://oauth.sandbox.trainingpeaks.com"
    assert parameters["TrainingPeaksApiUrl"]["Default"] == "https://api.sandbox.trainingpeaks.com"
