"""Schema files of the register's wire (WSDL, XSD): our reconstruction, see PROVENANCE.md.

Paths and namespaces only: both the product's tests and the sandbox read the files, and no behavior lives here.
Must not know who reads them.
"""

from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parent
WSDL: Final = ROOT / "wsdl"
XSD: Final = ROOT / "xsd"

REQUEST_XSD: Final = XSD / "request.xsd"
"""Questions, and the yes/no answers of 003 and 033 (namespace of the questions)."""
CITIZEN_XSD: Final = XSD / "citizen.xsd"
"""The full record as the register answers today ("NPD form")."""
QCVN109_XSD: Final = XSD / "citizen-qcvn109.xsd"
"""The full record as the regulation QCVN 109:2017/BTTTT writes it."""

SOAP_NAMESPACE: Final = "http://schemas.xmlsoap.org/soap/envelope/"
REQUEST_NAMESPACE: Final = "http://dancuquocgia.bca"
CITIZEN_NAMESPACE: Final = "http://www.mic.gov.vn/dancu/1.0"
