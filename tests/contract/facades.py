"""The sandbox's façades, and the settings of a line to each."""

from __future__ import annotations

from typing import Any

from motcua.population.settings import RegisterSettings

FACADES = {  # of the sandbox: by transport and, where there are several, style
    "c06": "/c06/{operation}",
    "xroad": "/r1/SANDBOX/GOV/BCA/CSDLDC/{operation}",
    "lgsp": "/lgsp/{operation}",
    "lgsp_json opencps": "/lgsp-json/opencps",
    "lgsp_json thanh_hoa": "/lgsp-json/thanh_hoa",
    "lgsp_json dong_thap": "/lgsp-json/dong_thap",
}
TOKENS = {"lgsp": "/lgsp/token", "lgsp_json": "/lgsp-json/api/v1/Authentication/Token"}
SAY_ONLY_YES_OR_NO = frozenset({"lgsp_json dong_thap"})


def settings_for(facade: str, address: str, service: str = "037", **changes: Any) -> RegisterSettings:
    """Return the settings of a line to a façade of the sandbox at an address."""
    transport, _, style = facade.partition(" ")
    given: dict[str, Any] = {
        "transport": transport,
        "url": address + FACADES[facade],
        "hash_uri": "/sandbox/csdldc/{operation}",
        "username": "sandbox_hp",
        "secret": "sandbox-secret-1",
        "xroad_client": "SANDBOX/GOV/HAIPHONG/MOTCUA",
        "api_key": "sbx-key-1",
        "token_url": address + TOKENS[transport] if transport in TOKENS else "",
        "lgsp_access_key": "sbx-access",
        "lgsp_secret_key": "sbx-secret",
        "lgsp_app_name": "motcua",
        "lgsp_partner_code": "000.00.00.H00",
        "lgsp_partner_code_cus": "000.00.00.H00",
        "lgsp_auth": "sbx-auth",
        "json_style": style or "opencps",
        "service": "003" if facade in SAY_ONLY_YES_OR_NO else service,
    }
    return RegisterSettings(**(given | changes))
