"""The HTTP API of template.yaml lets in whom it should."""

from local.template import Route, Template, public_routes, resources, routes

BASE = "/v1/trainingpeaks"
GIVEN_OR_AT_THE_DOMAIN = {
    "Fn::If": ["CallbackUrlIsGiven", {"Ref": "CallbackUrl"}, {"Fn::Sub": f"https://${{DomainName}}{BASE}/callback"}]
}
ROUTES = {
    Route("POST", f"{BASE}/auth", "StartAuthFunction", is_public=False),
    Route("GET", f"{BASE}/callback", "CallbackFunction", is_public=True),
    Route("POST", f"{BASE}/link", "ConfirmFunction", is_public=False),
    Route("GET", f"{BASE}/status", "StatusFunction", is_public=False),
    Route("PUT", f"{BASE}/auto-upload", "ToggleFunction", is_public=False),
    Route("DELETE", f"{BASE}/link", "UnlinkFunction", is_public=False),
}


def test_each_route_has_its_function(template: Template) -> None:
    assert set(routes(template)) == ROUTES
    assert len(routes(template)) == len(ROUTES)


def test_only_the_callback_is_public(template: Template) -> None:
    assert public_routes(template) == {("GET", f"{BASE}/callback")}


def test_api_gateway_asks_for_a_kinni_jwt_on_every_other_route(transformed: Template) -> None:
    api = transformed["Resources"]["HttpApi"]["Properties"]["Body"]
    asked = {
        (method.upper(), path): [*requirement]
        for path, operations in api["paths"].items()
        for method, operation in operations.items()
        for requirement in operation["security"]
    }
    assert asked == {(route.method, route.path): ["NONE" if route.is_public else "KinniJwt"] for route in ROUTES}
    authorizer = api["components"]["securitySchemes"]["KinniJwt"]["x-amazon-apigateway-authorizer"]
    assert authorizer["type"] == "jwt"
    assert authorizer["jwtConfiguration"] == {"issuer": {"Ref": "JwtIssuer"}, "audience": [{"Ref": "JwtAudience"}]}


def test_the_access_log_has_neither_query_nor_person(template: Template) -> None:
    (api,) = resources(template, "AWS::Serverless::HttpApi").values()
    logged = api["AccessLogSettings"]["Format"]
    assert not [word for word in ("query", "Query", "path", "sourceIp", "identity", "claims") if word in logged]


def test_a_deployment_tells_its_url_and_the_callback_to_register(template: Template) -> None:
    derived = "https://${HttpApi}.execute-api.${AWS::Region}.${AWS::URLSuffix}"
    outputs = {name: output["Value"] for name, output in template["Outputs"].items()}
    assert outputs["ApiUrl"] == {"Fn::If": ["HasDomain", {"Fn::Sub": "https://${DomainName}"}, {"Fn::Sub": derived}]}
    assert outputs["CallbackUrl"] == {
        "Fn::If": ["CallbackUrlIsDerived", {"Fn::Sub": f"{derived}{BASE}/callback"}, GIVEN_OR_AT_THE_DOMAIN]
    }


def test_the_functions_name_the_callback_that_a_deployment_tells_to_register(template: Template) -> None:
    """Derived, they take it from the request, which came to the API's own domain name: there is no other then."""
    url = template["Globals"]["Function"]["Environment"]["Variables"]["CALLBACK_URL"]
    given, at_the_domain = GIVEN_OR_AT_THE_DOMAIN["Fn::If"][1:]
    assert url == {"Fn::If": ["CallbackUrlIsGiven", given, {"Fn::If": ["HasDomain", at_the_domain, ""]}]}
    assert template["Conditions"]["CallbackUrlIsDerived"] == {
        "Fn::And": [
            {"Fn::Equals": [{"Ref": "CallbackUrl"}, ""]},
            {"Fn::Not": [{"Condition": "HasDomain"}]},
        ]
    }


def test_with_a_domain_nobody_gets_round_it(template: Template) -> None:
    api = resources(template, "AWS::Serverless::HttpApi")["HttpApi"]
    assert api["DisableExecuteApiEndpoint"] == {"Fn::If": ["HasDomain", True, False]}


def test_a_domain_of_ones_own_leads_to_the_api(template: Template) -> None:
    (domain,) = resources(template, "AWS::ApiGatewayV2::DomainName").values()
    (mapping,) = resources(template, "AWS::ApiGatewayV2::ApiMapping").values()
    assert domain["DomainName"] == {"Ref": "DomainName"}
    assert domain["DomainNameConfigurations"][0]["SecurityPolicy"] == "TLS_1_2"
    assert mapping["ApiId"] == {"Ref": "HttpApi"}
    assert "ApiMappingKey" not in mapping, "the paths at the domain are the API's own"
    assert {template["Resources"][name]["Condition"] for name in ("ApiDomain", "ApiDomainMapping")} == {"HasDomain"}
