"""Serves the shared schema files with the addresses of this process put in."""

from lxml import etree

import npdschema
from npdsandbox.reading import operation_of
from npdsandbox.writing import DECLARATION

_WSDL_SOAP = "http://schemas.xmlsoap.org/wsdl/soap/"
_SERVED = (npdschema.REQUEST_XSD, npdschema.CITIZEN_XSD, npdschema.QCVN109_XSD)


def wsdl(operation: str, *, address: str) -> bytes | None:
    """Return the WSDL of an operation that names `address` as the place to call, or None when there is none."""
    name = operation_of(operation)
    if name is None:
        return None
    tree = etree.parse(npdschema.WSDL / f"{name}.wsdl")
    for element in tree.iter("{*}import", "{*}include"):
        location = element.get("schemaLocation")
        if location:
            element.set("schemaLocation", f"{address}?xsd={location.rpartition('/')[2]}")
    for element in tree.iter(f"{{{_WSDL_SOAP}}}address"):
        element.set("location", address)
    return DECLARATION + etree.tostring(tree.getroot(), encoding="UTF-8", xml_declaration=False)


def xsd(name: str) -> bytes | None:
    """Return one schema file by its name, or None."""
    for path in _SERVED:
        if path.name == name:
            return path.read_bytes()
    return None
