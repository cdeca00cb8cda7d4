"""Somebody who reads English files a dossier, and an officer who does receives one; both may go back to Vietnamese."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from bench.journeys import picture
from tests.e2e.conftest import Visit, Visitor
from tests.people import cast

pytestmark = pytest.mark.browser

PAPER = {"name": "form.png", "mimeType": "image/png", "buffer": picture()}


def reads(someone: Visitor, language: str, code: str) -> None:
    """Choose a language at the foot of the page, and stay where one is."""
    address = someone.page.url
    someone.presses(language)
    expect(someone.page.locator("html")).to_have_attribute("lang", code)
    expect(someone.page).to_have_url(address)


@pytest.mark.parametrize("javascript", [True, False], ids=["with-script", "without-script"])
def test_a_dossier_is_filed_in_english(visitor: Visit, javascript: bool) -> None:
    citizen = visitor(javascript=javascript)
    citizen.logs_in(cast.an)
    citizen.opens("/thu-tuc/?q=so+goc" if javascript else "/thu-tuc/?q=ket+hon")
    reads(citizen, "English", "en")
    citizen.sees(re.compile(r"\d+ procedures"))
    citizen.looks_closely("english-procedures")
    citizen.opens("/thu-tuc/1.000656/" if javascript else "/thu-tuc/1.000894/")
    citizen.looks_closely("english-procedure")
    citizen.presses("File online")
    citizen.sees("Filer's details")
    citizen.types("Phone number", "0912345678")
    citizen.types("Current residence", "Số 9 phố Thử Nghiệm, phường Mẫu A")
    citizen.looks_closely("english-applicant")
    citizen.presses("Agree and continue")
    citizen.sees(re.compile("Verified"))
    expect(citizen.page.get_by_role("heading", name="Documents", exact=True)).to_be_visible()
    for chooser in citizen.page.locator('.field:has-text("(required)") input[type=file]').all():
        chooser.set_input_files([PAPER])
    citizen.presses("Continue")
    citizen.sees("Declaration")
    citizen.presses("File the dossier")
    citizen.sees("Please read and tick the declaration before filing.")
    citizen.looks_closely("english-review-without-oath")
    citizen.ticks(re.compile("I declare that"))
    citizen.presses("File the dossier")
    citizen.is_at(re.compile("/ho-so/.*/hoan-tat/"))
    citizen.sees("Your dossier code")
    citizen.looks_closely("english-submitted")

    citizen.opens("/ho-so/")
    citizen.sees("My dossiers")
    reads(citizen, "Tiếng Việt", "vi")
    citizen.sees("Hồ sơ của tôi")


def test_an_officer_works_in_english_and_is_told_in_english_that_the_line_is_down(visitor: Visit) -> None:
    officer = visitor()
    officer.logs_in(cast.lan)
    officer.opens("/mot-cua/")
    reads(officer, "English", "en")
    officer.sees("List of dossiers")
    officer.looks_closely("english-queue")
    officer.follows("Receive a dossier")
    officer.chooses("Procedure", re.compile("khai sinh"))
    officer.types("Full name", cast.cuc.full_name)
    officer.types("Citizen ID number (CCCD/CMND)", cast.cuc.number)
    officer.types("Date of birth", cast.cuc.typed_birth)
    officer.presses("Digital identity check")
    expect(officer.page.get_by_role("heading", name="Verified")).to_be_visible()
    officer.looks_closely("english-desk-verified")
    officer.types("Full name", cast.cuc.full_name + " A")
    officer.sees("The details have changed since the check; please check again.")

    officer.page.route("**/kiem-tra/", lambda route: route.abort())
    officer.presses("Digital identity check")
    officer.sees("The server cannot be reached. What you entered is still here.")
    officer.complaints.clear()  # the browser says the same
