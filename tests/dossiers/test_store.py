"""Where papers lie: the same on the disk and in an object store, and nothing is lost while it is away."""

from __future__ import annotations

import os
import re
import resource
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from unittest.mock import MagicMock
from uuid import uuid4

import pytest
from botocore.exceptions import ClientError
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from motcua.config.retention import rules
from motcua.dossiers.files import object_store as objects
from motcua.dossiers.files import store
from motcua.dossiers.files.disk_store import DiskStore
from motcua.dossiers.files.object_store import ObjectStore
from motcua.dossiers.models import Dossier, Paper
from motcua.outbox.models import Parcel
from motcua.outbox.service import Load
from tests.dossiers.filing import (
    PDF,
    address,
    delete_forgotten_files,
    give_papers,
    pdf,
    picture,
)
from tests.dossiers.objects import BACKEND, BUCKET, object_store, options

NOW = timezone.now()


@pytest.fixture(scope="session")
def keeper() -> Iterator[ObjectStore]:
    """Return the hand of who runs the object store, which makes buckets."""
    with object_store() as endpoint:
        yield ObjectStore(**options(endpoint))


def use(settings: Settings, endpoint: str) -> None:
    """Keep papers at an object store from now on."""
    settings.STORAGES = {
        **settings.STORAGES,
        "default": {"BACKEND": BACKEND, "OPTIONS": options(endpoint)},
    }


@pytest.fixture
def bucket(settings: Settings, keeper: ObjectStore) -> Iterator[str]:
    """Keep papers in a new bucket; returns the store's address."""
    client = keeper._client()
    client.create_bucket(Bucket=BUCKET)
    use(settings, keeper._endpoint)
    yield keeper._endpoint
    for name, _written in keeper.listed(""):
        client.delete_object(Bucket=BUCKET, Key=name)
    client.delete_bucket(Bucket=BUCKET)


@pytest.fixture(params=["disk", "s3"])
def place(request: pytest.FixtureRequest) -> str:
    """Keep papers on the disk, and then in an object store."""
    if request.param == "s3":
        request.getfixturevalue("bucket")
    return str(request.param)


@pytest.fixture
def is_away(settings: Settings, place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> object:
    """Return what takes the store away, and what brings it back."""
    monkeypatch.setattr(objects, "_TRIES", 1)
    before = settings.MEDIA_ROOT, settings.STORAGES

    def take_away(away: bool = True) -> None:
        (tmp_path / "a file").touch()
        settings.MEDIA_ROOT, settings.STORAGES = before
        if away:
            settings.MEDIA_ROOT = tmp_path / "a file"
            if place == "s3":
                use(settings, "http://127.0.0.1:9")

    return take_away


def stored() -> set[str]:
    """Return the names of all files in the store, of this year's months."""
    folders = [f"{timezone.localdate(NOW):%Y}/{month:02}/" for month in range(1, 13)]
    return {name for folder in folders for name, _written in store._place().listed(folder)}


def give(client: Client, dossier: Dossier, content: bytes = PDF) -> Paper:
    upload = SimpleUploadedFile("to-khai.pdf", content, "application/pdf")
    client.post(address(dossier, "giay-to/"), {"other": upload})
    return dossier.papers.latest("uploaded_at")


def read(response: object) -> bytes:
    return b"".join(response.streaming_content)


def orphan(digit: str) -> str:
    """Leave a file without a row, as a process that is killed before its row is kept does."""
    name = timezone.localdate(NOW).strftime(f"%Y/%m/{digit}0c4f0e9a1d94b7e8f7f4bb2a2d8c3d1.pdf")
    return default_storage.save(name, ContentFile(PDF))


def digit_of(moment: datetime) -> str:
    """Return with which digit the names begin that a day's sweep looks at."""
    return f"{timezone.localdate(moment).toordinal() % 16:x}"


def test_papers_and_their_previews_come_back_as_they_were_given(
    place: str, draft: Dossier, an_client: Client
) -> None:
    paper, photograph = give(an_client, draft), give(an_client, draft, picture())

    response = an_client.get(address(draft, f"giay-to/{paper.pk}/"))
    assert read(response) == PDF
    assert response.headers["Content-Disposition"].startswith("attachment;")
    assert read(an_client.get(address(draft, f"giay-to/{photograph.pk}/nho/"))).startswith(b"\xff\xd8")
    assert stored() == {paper.file.name, photograph.file.name, photograph.preview.name}
    assert "to-khai" not in "".join(stored())


def test_what_is_removed_leaves_nothing_in_the_store(place: str, draft: Dossier, an_client: Client) -> None:
    paper = give(an_client, draft, picture())

    an_client.post(address(draft, f"giay-to/{paper.pk}/xoa/"))
    delete_forgotten_files()

    assert stored() == set()


def test_a_file_whose_row_may_not_be_kept_leaves_nothing_in_the_store(
    place: str, draft: Dossier, an_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("motcua.dossiers.papers.MOST_PAPERS", 0)

    page = an_client.post(address(draft, "giay-to/"), {"other": pdf()})

    assert "quá nhiều tệp" in page.content.decode()
    assert stored() == set()


def test_a_file_for_which_there_is_no_room_leaves_no_part_of_it(tmp_path: Path) -> None:
    disk = DiskStore(location=tmp_path)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, before[1]))
    try:
        with pytest.raises(OSError, match="too large"):
            disk.save("2026/11/a.pdf", ContentFile(b"a" * 5000))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)

    assert list(disk.listed("2026/11/")) == []


def test_a_file_is_on_the_disk_before_anybody_is_told_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[str] = []
    monkeypatch.setattr(os, "fsync", lambda file: synced.append(os.readlink(f"/proc/self/fd/{file}")))

    DiskStore(location=tmp_path).save("2026/11/a.pdf", ContentFile(PDF))

    assert synced == [str(tmp_path / "2026/11/a.pdf"), str(tmp_path / "2026/11")]


def test_while_the_store_is_away_an_uploader_is_told_and_nothing_is_lost(
    is_away: object, draft: Dossier, an_client: Client
) -> None:
    give(an_client, draft)
    is_away()

    page = an_client.post(address(draft, "giay-to/"), {"other": pdf("thứ hai.pdf")})

    assert page.status_code == 200
    assert "thứ hai.pdf: Kho giấy tờ đang gián đoạn nên tệp chưa được lưu." in page.content.decode()
    assert "to-khai.pdf" in page.content.decode()
    is_away(False)
    assert an_client.post(address(draft, "giay-to/"), {"other": pdf("thứ hai.pdf")}).status_code == 302
    assert draft.papers.count() == 2


def test_a_store_that_is_away_is_waited_for_once_whatever_comes_with_one_press(
    place: str, draft: Dossier, an_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = MagicMock(side_effect=TimeoutError)
    monkeypatch.setattr(DiskStore if place == "disk" else ObjectStore, "_save", asked)
    names = [f"tờ {number}.pdf" for number in range(3)]

    page = an_client.post(address(draft, "giay-to/"), {"other": [pdf(name) for name in names]})

    assert asked.call_count == 1
    for name in names:
        assert f"{name}: Kho giấy tờ đang gián đoạn nên tệp chưa được lưu." in page.content.decode()


def test_while_the_store_is_away_a_download_says_so_on_a_page(
    is_away: object, draft: Dossier, an_client: Client
) -> None:
    paper = give(an_client, draft, picture())
    is_away()

    response = an_client.get(address(draft, f"giay-to/{paper.pk}/"))

    assert response.status_code == 503
    assert "Kho giấy tờ đang gián đoạn" in response.content.decode()
    assert response.headers["Retry-After"] == "60"
    assert an_client.get(address(draft, f"giay-to/{paper.pk}/nho/")).status_code == 503
    is_away(False)
    assert read(an_client.get(address(draft, f"giay-to/{paper.pk}/")))


def test_a_file_that_is_not_there_is_said_not_to_open(place: str, draft: Dossier, an_client: Client) -> None:
    paper = give(an_client, draft)
    default_storage.delete(paper.file.name)

    answer = an_client.get(address(draft, f"giay-to/{paper.pk}/"))

    assert answer.status_code == 503
    assert "không có trong kho giấy tờ, hoặc không còn đúng như lúc nhận" in answer.content.decode()


def test_a_deletion_waits_until_the_store_is_back(
    bucket: str, settings: Settings, draft: Dossier, an_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(objects, "_TRIES", 1)
    paper = give(an_client, draft)
    use(settings, "http://127.0.0.1:9")

    assert an_client.post(address(draft, f"giay-to/{paper.pk}/xoa/")).status_code == 302
    delete_forgotten_files()

    use(settings, bucket)
    assert stored() == {paper.file.name}
    delete_forgotten_files(after=timedelta(minutes=10))
    assert stored() == set()
    assert not Parcel.objects.filter(Parcel.WAITING, topic=store.TOPIC).exists()


def test_a_deletion_that_was_made_and_not_noted_is_made_again_without_harm(
    place: str, draft: Dossier, an_client: Client
) -> None:
    paper = give(an_client, draft, picture())
    load = Load(uuid4(), "", {"names": [paper.file.name, paper.preview.name]}, 1)
    store.delete_forgotten(replace(load, content={"names": [paper.preview.name]}))
    assert stored() == {paper.file.name, paper.preview.name}
    paper.delete()

    store.delete_forgotten(load)
    store.delete_forgotten(load)

    assert stored() == set()


def test_a_file_that_another_row_names_is_not_deleted(place: str, draft: Dossier, an_client: Client) -> None:
    paper = give(an_client, draft)
    again = Paper.objects.get(pk=paper.pk)
    again.pk = None
    again._state.adding = True
    again.id = Paper._meta.pk.get_default()
    again.save()

    an_client.post(address(draft, f"giay-to/{paper.pk}/xoa/"))
    delete_forgotten_files()

    assert read(an_client.get(address(draft, f"giay-to/{again.pk}/"))) == PDF


@pytest.mark.django_db(transaction=True)
def test_the_store_is_never_asked_inside_a_transaction(
    draft: Dossier, an_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []
    for name in ("_save", "_open", "delete"):
        method = getattr(DiskStore, name)

        def outside(self: object, *given: object, name: str = name, method: object = method) -> object:
            asked.append(name)
            assert not connection.in_atomic_block
            return method(self, *given)

        monkeypatch.setattr(DiskStore, name, outside)
    paper = give(an_client, draft, picture())
    read(an_client.get(address(draft, f"giay-to/{paper.pk}/")))
    an_client.post(address(draft, f"giay-to/{paper.pk}/xoa/"))
    monkeypatch.setattr("motcua.dossiers.papers.MOST_PAPERS", 0)
    an_client.post(address(draft, "giay-to/"), {"other": pdf()})
    an_client.post(address(draft, "xoa/"))
    delete_forgotten_files()

    assert set(asked) == {"_save", "_open", "delete"}


def test_a_file_that_a_killed_process_left_is_swept_once_it_is_a_day_old(
    place: str, draft: Dossier, an_client: Client
) -> None:
    later = NOW + timedelta(days=2)
    given = give(an_client, draft)
    name = re.sub(r"/\w(\w+\.pdf)$", rf"/{digit_of(later)}\1", given.file.name)
    default_storage.delete(given.file.name)
    Paper.objects.filter(pk=given.pk).update(file=default_storage.save(name, ContentFile(PDF)))
    left = orphan(digit_of(later))

    assert store.sweep(now=later, dry_run=True) == 1
    assert stored() == {name, left}
    assert store.sweep(now=later, dry_run=False) == 1
    assert stored() == {name}


def test_a_file_of_today_is_not_swept(place: str, db: None) -> None:
    orphan(digit_of(NOW))

    assert store.sweep(now=NOW, dry_run=False) == 0
    assert len(stored()) == 1


def test_every_file_is_looked_at_within_sixteen_days(place: str, db: None) -> None:
    for digit in "0123456789abcdef":
        orphan(digit)

    gone = sum(store.sweep(now=NOW + timedelta(days=2 + day), dry_run=False) for day in range(16))

    assert gone == 16
    assert stored() == set()


def test_a_sweep_beside_a_strange_database_deletes_nothing(place: str, db: None) -> None:
    later = NOW + timedelta(days=2)
    for count in range(30):
        name = timezone.localdate(NOW).strftime(f"%Y/%m/{digit_of(later)}{count:031x}.pdf")
        default_storage.save(name, ContentFile(PDF))

    with pytest.raises(RuntimeError, match="is this their database"):
        store.sweep(now=later, dry_run=False)

    assert len(stored()) == 30


def test_the_sweep_is_a_rule_of_retention() -> None:
    assert "files without a row" in {rule.what for rule in rules()}


def test_no_file_has_an_address_of_its_own(place: str, draft: Dossier, an_client: Client) -> None:
    with pytest.raises(ValueError, match="no address"):
        give(an_client, draft).file.url  # noqa: B018 (asking is what must fail)


def test_a_store_that_works_says_so(place: str) -> None:
    assert store.probe()
    assert stored() == set()


def test_a_store_that_does_not_work_says_which_setting_helps(is_away: object, place: str) -> None:
    is_away()

    with pytest.raises(OSError, match="MOTCUA_STATE" if place == "disk" else "S3_ENDPOINT"):
        store.probe()


def test_a_bucket_that_is_not_there_is_named(bucket: str, settings: Settings) -> None:
    settings.STORAGES = {
        **settings.STORAGES,
        "default": {"BACKEND": BACKEND, "OPTIONS": {**options(bucket), "bucket": "khac"}},
    }

    with pytest.raises(OSError, match="bucket khac .*NoSuchBucket.*S3_BUCKET"):
        store.probe()


def test_a_clock_that_differs_from_the_stores_is_named(
    bucket: str, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused = ClientError({"Error": {"Code": "RequestTimeTooSkewed"}}, "PutObject")
    settings.STORAGES = {
        **settings.STORAGES,
        "default": {"BACKEND": BACKEND, "OPTIONS": options(bucket)},
    }
    with monkeypatch.context() as skewed:
        skewed.setattr(ObjectStore, "_client", MagicMock(side_effect=refused))
        with pytest.raises(OSError, match="RequestTimeTooSkewed.*clock"):
            store.probe()


def test_a_store_that_takes_and_says_nothing_is_waited_for_in_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(objects, "_READ", 0.2)
    monkeypatch.setattr(objects, "_TRIES", 1)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        place = ObjectStore(**options(f"http://127.0.0.1:{silent.getsockname()[1]}"))
        with pytest.raises(objects.StoreAway):
            place.save("2026/11/a.pdf", ContentFile(PDF))


def test_the_machines_own_settings_for_object_stores_are_not_looked_at(
    bucket: str, settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    config = tmp_path / "config"
    config.write_text("[default]\nregion = mars\n[profile other]\nendpoint_url = http://127.0.0.1:9\n")
    for name, value in {
        "AWS_PROFILE": "nobody",
        "AWS_CONFIG_FILE": str(config),
        "AWS_SHARED_CREDENTIALS_FILE": str(config),
        "AWS_ENDPOINT_URL": "http://127.0.0.1:9",
        "AWS_ENDPOINT_URL_S3": "http://127.0.0.1:9",
        "AWS_ACCESS_KEY_ID": "another",
        "AWS_SECRET_ACCESS_KEY": "another",
        "AWS_DEFAULTS_MODE": "auto",
        "AWS_USE_FIPS_ENDPOINT": "true",
        "AWS_USE_DUALSTACK_ENDPOINT": "true",
        "AWS_CA_BUNDLE": "/nowhere",
        "HTTP_PROXY": "http://127.0.0.1:9",
        "http_proxy": "http://127.0.0.1:9",
        "ALL_PROXY": "http://127.0.0.1:9",
    }.items():
        monkeypatch.setenv(name, value)
    use(settings, bucket)

    assert "takes, gives and deletes" in store.probe()
    client = default_storage._client()
    assert client.meta.region_name == "us-east-1"
    assert client._request_signer._credentials.access_key == "ai-do"


def test_without_an_object_store_its_library_is_not_even_loaded(tmp_path: Path) -> None:
    program = (
        "import sys, django\n"
        "django.setup()\n"
        "from motcua.config import urls, work, couriers, retention\n"
        "from django.core.files.storage import default_storage\n"
        "from django.urls import reverse\n"
        "couriers.couriers(), couriers.drawers(), retention.rules(), reverse('my_dossiers'), default_storage.location\n"
        "print([name for name in ('boto3', 'botocore', 'storages', 'typst') if name in sys.modules])\n"
    )
    environment = {
        **{name: value for name, value in os.environ.items() if name != "DATABASE_URL"},
        "DJANGO_SETTINGS_MODULE": "motcua.config.settings",
        "MOTCUA_STATE": str(tmp_path / "state"),
        "PYTHONPATH": os.pathsep.join(sys.path),
    }
    done = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, timeout=60
    )
    assert done.stdout == "[]\n", done.stderr


def test_what_cannot_be_an_object_store_stops_the_start(tmp_path: Path) -> None:
    environment = {**os.environ, "PAPER_STORE": "s3", "MOTCUA_STATE": str(tmp_path / "state")}
    program = "import motcua.config.settings"
    done = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 1
    assert "PAPER_STORE=s3 needs S3_ENDPOINT, S3_BUCKET, S3_ACCESS_KEY, S3_SECRET_KEY too." in done.stderr


def test_the_papers_step_still_asks_little_of_the_database(
    draft: Dossier, an_client: Client, django_assert_max_num_queries: object
) -> None:
    give_papers(an_client, draft)
    give(an_client, draft, picture())
    with django_assert_max_num_queries(8):
        an_client.get(address(draft, "giay-to/"))
