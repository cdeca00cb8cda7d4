"""The way of a citizen through the pages of filing, step by step, for the tests of this folder."""

from __future__ import annotations

from datetime import timedelta
from html import unescape
from io import BytesIO

from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone
from PIL import Image

from motcua.accounts.models import Citizen, User
from motcua.config.couriers import couriers
from motcua.dossiers.models import Dossier
from motcua.dossiers.service import CONSENT_VERSION
from motcua.dossiers.supplements import ask_supplement
from motcua.outbox.service import bring_next
from motcua.procedures.models import Procedure, RequiredDocument
from tests.people import FIRST_OFFICE, cast

BIRTH_REGISTRATION = "1.001193"
BIRTH, HOUSE = "Giấy chứng sinh", "Giấy tờ về chỗ ở"
CONTACT = {
    "phone": "0912 345 678",
    "email": "an@vidu.vn",
    "address": "Số 9 phố Thử Nghiệm, phường Lê Thanh Nghị",
}
PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"


def begin(client: Client, procedure: str = BIRTH_REGISTRATION, office: str = FIRST_OFFICE) -> Dossier:
    """Press "Nộp hồ sơ trực tuyến" and return the draft on whose first step one lands."""
    response = client.post(f"/ho-so/bat-dau/{procedure}/", {"office": office})
    assert response.status_code == 302, response
    return Dossier.objects.get(pk=response.headers["Location"].split("/")[2])


def address(dossier: Dossier, step: str = "") -> str:
    """Return the address of a dossier's page."""
    return f"/ho-so/{dossier.pk}/{step}"


def agree(client: Client, dossier: Dossier, **other: str) -> HttpResponse:
    """Press "Đồng ý và tiếp tục"."""
    return client.post(address(dossier, "nguoi-nop/"), {**CONTACT, "consent": CONSENT_VERSION, **other})


def required(dossier: Dossier) -> list[RequiredDocument]:
    """Return the documents that must be given."""
    return list(dossier.procedure.documents.filter(kind=RequiredDocument.Kind.SUBMIT, is_required=True))


def give_papers(client: Client, dossier: Dossier) -> HttpResponse:
    """Upload a PDF for every required document and press "Tiếp tục"."""
    files = {f"document-{document.pk}": pdf() for document in required(dossier)}
    return client.post(address(dossier, "giay-to/"), {**files, "go_on": "1"})


def file_it(client: Client, dossier: Dossier) -> HttpResponse:
    """Swear and press "Nộp hồ sơ"."""
    return client.post(address(dossier, "xem-lai/"), {"oath": "on"})


def filed(client: Client, procedure: str = BIRTH_REGISTRATION) -> Dossier:
    """Go the whole way and return the filed dossier."""
    dossier = begin(client, procedure)
    assert agree(client, dossier).status_code == 302
    assert give_papers(client, dossier).headers["Location"].endswith("/xem-lai/")
    assert file_it(client, dossier).headers["Location"].endswith("/hoan-tat/")
    dossier.refresh_from_db()
    return dossier


def ask_again(dossier: Dossier, officer: User) -> None:
    """Let an officer ask for two more papers."""
    ask_supplement(
        dossier=dossier,
        documents=[{"name": BIRTH, "note": "bản chụp màu"}, {"name": HOUSE, "note": ""}],
        reason="Tờ khai thiếu trang hai",
        by=officer,
        now=timezone.now(),
    )


def page_of(client: Client, dossier: Dossier, step: str = "") -> str:
    """Return one of the dossier's pages."""
    return unescape(client.get(address(dossier, step)).content.decode())


def draft_of(citizen: Citizen) -> Dossier:
    """Return a citizen's one draft."""
    return Dossier.objects.get(citizen=citizen, status=Dossier.Status.DRAFT)


def procedure_of(code: str = BIRTH_REGISTRATION) -> Procedure:
    """Return a procedure of the catalogue."""
    return Procedure.objects.get(code=code)


def delete_forgotten_files(*, after: timedelta = timedelta()) -> None:
    """Do what the work in the background does about the files of rows that are gone."""
    while bring_next(couriers=couriers(), now=timezone.now() + after):
        pass


def pdf(name: str = "to-khai.pdf") -> SimpleUploadedFile:
    """Return a small PDF."""
    return SimpleUploadedFile(name, PDF, "application/pdf")


def picture(size: tuple[int, int] = (60, 40), kind: str = "JPEG", **options: object) -> bytes:
    """Return the bytes of a picture."""
    written = BytesIO()
    Image.new("RGB", size, "white").save(written, kind, **options)
    return written.getvalue()


def for_child(**other: str) -> dict[str, str]:
    """Return what An types on the first step to file for Hân, his child."""
    return {
        "filing_for": "other",
        "owner-relation": "parent",
        "owner-full_name": cast.han.full_name,
        "owner-birth_date": cast.han.typed_birth,
        "owner-number": cast.han.number,
        "owner-residence": "",
        **{f"owner-{name}": text for name, text in other.items()},
    }
