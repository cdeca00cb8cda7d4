"""Users, offices, and what the portal keeps about a citizen or an officer."""

from __future__ import annotations

from typing import Any
from unicodedata import normalize

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models.functions import Upper
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from motcua.accounts.rights import RIGHTS, Right, may
from motcua.identity.birth import BirthDate
from motcua.identity.claims import IdentityClaim
from motcua.identity.names import clean
from motcua.identity.numbers import IdNumber, NumberRefused, parse_number
from motcua.sealing import digest
from motcua.sealing.fields import SealedTextField


class Office(models.Model):
    """An office (cơ quan, đơn vị), in a tree: a unit, its one-stop desk, its divisions; see ``offices``."""

    class Kind(models.TextChoices):
        UNIT = "unit", _("Cơ quan (lãnh đạo)")
        DESK = "desk", _("Bộ phận một cửa")
        DIVISION = "division", _("Phòng, bộ phận chuyên môn")

    code = models.CharField(_("Mã đơn vị"), max_length=35, unique=True)
    name = models.CharField(_("Tên cơ quan"), max_length=200)
    kind = models.CharField(_("Loại"), max_length=10, choices=Kind.choices, default=Kind.DESK)
    parent = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="children",
        verbose_name=_("Thuộc cơ quan"),
    )
    hours = models.JSONField(
        _("Giờ làm việc"),
        default=dict,
        blank=True,
        help_text=_("Theo thứ trong tuần (1 là thứ Hai, 7 là Chủ nhật). Để trống thì dùng giờ hành chính."),
    )
    place = models.CharField(
        _("Địa danh trên phiếu"), max_length=100, blank=True, help_text=_("Ví dụ: Phường Mẫu A.")
    )
    address = models.CharField(_("Địa chỉ"), max_length=300, blank=True)
    phone = models.CharField(_("Số điện thoại"), max_length=20, blank=True)
    is_active = models.BooleanField(_("Đang hoạt động"), default=True)

    class Meta:
        verbose_name = _("Cơ quan")
        verbose_name_plural = _("Cơ quan")
        ordering = ("code",)
        constraints = [
            models.CheckConstraint(
                name="office_is_not_its_own_parent", condition=~models.Q(parent=models.F("id"))
            ),
        ]

    def __str__(self) -> str:
        return self.name


class DayChange(models.Model):
    """A day on which an office, or all of them, work otherwise than the calendar says: closed, or a make-up day."""

    office = models.ForeignKey(
        Office,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="day_changes",
        verbose_name=_("Cơ quan"),
        help_text=_("Để trống thì áp dụng cho mọi cơ quan."),
    )
    on = models.DateField(_("Ngày"))
    is_working = models.BooleanField(_("Có làm việc"), default=False)
    note = models.CharField(_("Lý do"), max_length=200)

    class Meta:
        verbose_name = _("Ngày nghỉ, ngày làm bù")
        verbose_name_plural = _("Ngày nghỉ, ngày làm bù")
        ordering = ("-on",)
        constraints = [
            models.UniqueConstraint(name="one_change_a_day", fields=["office", "on"]),
            models.UniqueConstraint(
                name="one_change_for_all_a_day", fields=["on"], condition=models.Q(office=None)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.on:%d/%m/%Y}"


def citizen_login(number: IdNumber) -> str:
    """Return the ``login`` of the citizen with this number: a keyed digest, so that it tells nobody the number."""
    return "c-" + digest("login", number.digits)


def refuse_log_in_of_citizens(login: str) -> None:
    """Refuse as an official's word what the log-in page takes for a citizen's: it would open nothing.

    A number would stand in clear in the table, in exports and on pages besides.

    Raises:
        ValidationError: it is a number, or looks like an address of mail.
    """
    is_number = True
    try:
        parse_number(login)
    except NumberRefused:
        is_number = False
    if is_number or "@" in login:
        raise ValidationError(
            _(
                "Tên đăng nhập của cán bộ không được là số CCCD/CMND hoặc thư điện tử. Vui lòng chọn một từ, ví dụ "
                "nguyenlan."
            ),
            code="log_in_of_citizens",
        )


class UserManager(BaseUserManager["User"]):
    """Makes users; citizens come through ``accounts.service``."""

    def create_user(self, login: str, password: str | None = None, **fields: Any) -> User:
        """Create a user with a hashed password."""
        user = self.model(login=self.model.normalize_username(login), **fields)
        # As the pages read it: a terminal may compose a letter with a mark otherwise.
        user.set_password(password and normalize("NFC", password))
        user.save(using=self._db)
        return user

    def create_superuser(self, login: str, password: str | None = None, **fields: Any) -> User:
        """Create an administrator, for ``motcua createsuperuser``, and enter that in the log."""
        from motcua.accounts.recording import record_administered

        with transaction.atomic():
            user = self.create_user(
                login, password, **{"role": User.Role.ADMINISTRATOR, "is_superuser": True, **fields}
            )
            record_administered(user=user, by=None, changed=None, now=timezone.now())
        return user


class User(AbstractBaseUser, PermissionsMixin):
    """Somebody who can log in.

    ``login`` is a plain word for officers and administrators, and the keyed digest of the number for citizens,
    so that the table of users holds no number in clear.
    """

    class Role(models.TextChoices):
        CITIZEN = "citizen", _("Công dân")
        OFFICER = "officer", _("Cán bộ một cửa")
        SPECIALIST = "specialist", _("Chuyên viên")
        LEADER = "leader", _("Lãnh đạo")
        CASHIER = "cashier", _("Cán bộ thu phí")
        RESULT_DESK = "result_desk", _("Cán bộ trả kết quả")
        SUPERVISOR = "supervisor", _("Phụ trách bộ phận một cửa")
        ADMINISTRATOR = "administrator", _("Quản trị hệ thống")

    login = models.CharField(
        _("Tên đăng nhập"), max_length=80, unique=True, validators=[refuse_log_in_of_citizens]
    )
    role = models.CharField(_("Vai trò"), max_length=20, choices=Role.choices, default=Role.CITIZEN)
    also_roles = models.JSONField(
        _("Kiêm nhiệm"), default=list, blank=True, help_text="Further roles of an official, as values of Role"
    )
    full_name = SealedTextField(_("Họ và tên"), use="user_name", max_length=100, blank=True)
    email = models.EmailField(_("Thư điện tử"), blank=True)
    email_since = models.DateTimeField(
        null=True,
        blank=True,
        editable=False,
        help_text="Of several accounts the first one logs in by an address",
    )
    office = models.ForeignKey(Office, models.PROTECT, null=True, blank=True, verbose_name=_("Cơ quan"))
    officer_digits = SealedTextField(  # type: ignore[misc]
        use="officer_number",
        null=True,
        blank=True,
        editable=False,
        help_text="The officer's own personal number (MaCanBo)",
    )
    officer_number_digest = models.CharField(
        max_length=64, blank=True, default="", db_index=True, editable=False
    )
    may_query = models.BooleanField(
        _("Được khai thác CSDLQG về dân cư"),
        default=True,
        help_text=_("Bỏ dấu thì cán bộ này không gửi được câu hỏi nào đến CSDLQG về dân cư."),
    )
    npd_officer_code = models.CharField(
        _("Mã cán bộ trên CSDLQG về dân cư (MaCanBo)"),
        max_length=40,
        blank=True,
        help_text=_("Chỉ điền khi mã này khác số định danh của cán bộ."),
    )
    gateway_key = SealedTextField(  # type: ignore[misc]
        use="gateway_key",
        null=True,
        blank=True,
        editable=False,
        help_text='The officer\'s own "name:password" at the provincial gateway',
    )
    totp_secret = SealedTextField(  # type: ignore[misc]
        use="totp", null=True, blank=True, editable=False, help_text="Of the second factor"
    )
    totp_since = models.DateTimeField(_("Xác thực hai bước từ"), null=True, blank=True, editable=False)
    totp_step = models.BigIntegerField(
        null=True, blank=True, editable=False, help_text="The latest half minute whose code was used"
    )
    session_mark = models.UUIDField(
        null=True, blank=True, editable=False, help_text="The one session of an official that is good"
    )
    asleep_since = models.DateTimeField(_("Tạm ngừng từ"), null=True, blank=True, editable=False)
    woken_at = models.DateTimeField(_("Mở lại lúc"), null=True, blank=True, editable=False)
    is_active = models.BooleanField(_("Đang hoạt động"), default=True)
    created_at = models.DateTimeField(_("Tạo lúc"), auto_now_add=True)

    USERNAME_FIELD = "login"
    REQUIRED_FIELDS = ["full_name"]
    objects = UserManager()

    class Meta:
        verbose_name = _("Người dùng")
        verbose_name_plural = _("Người dùng")
        ordering = ("id",)
        # A province has some thousand officials among millions of citizens.
        indexes = [
            models.Index(fields=["id"], name="user_official", condition=~models.Q(role="citizen")),
            models.Index(Upper("email"), name="user_email"),
        ]
        constraints = [
            models.CheckConstraint(
                name="officer_has_office",
                condition=models.Q(role__in=["citizen", "administrator"]) | models.Q(office__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        # Django writes this down in clear, in its own journal of the administration pages: so never the name.
        return f"{self.login[:10]}…" if self.is_citizen else self.login

    @property
    def is_staff(self) -> bool:
        """Say whether the user may enter the administration pages."""
        return self.role == self.Role.ADMINISTRATOR

    @property
    def roles(self) -> list[str]:
        """Return the user's role, and those that an official has beside it."""
        return [self.role] if self.is_citizen else [self.role, *self.also_roles]

    @property
    def rights(self) -> set[Right]:
        """Return all that the user may do, so that a page's menu names nothing else."""
        return {right for role in self.roles for right in RIGHTS[role]}

    @property
    def is_officer(self) -> bool:
        """Say whether the user works on dossiers."""
        return may(self, Right.SEE_DOSSIERS)

    @property
    def is_citizen(self) -> bool:
        """Say whether the user is a citizen with an account of the portal."""
        return self.role == self.Role.CITIZEN

    @property
    def has_second_factor(self) -> bool:
        """Say whether the password alone does not open this account."""
        return self.totp_since is not None

    @property
    def officer_number(self) -> str:
        """Return the officer's own personal number (MaCanBo), empty when none is on file."""
        return self.officer_digits

    @officer_number.setter
    def officer_number(self, digits: str) -> None:
        self.officer_digits = digits
        self.officer_number_digest = digest("number", digits) if digits else ""


class Citizen(models.Model):
    """What the portal keeps about a citizen who has an account ("Thông tin cá nhân")."""

    user = models.OneToOneField(User, models.PROTECT, related_name="citizen")
    full_name = SealedTextField(_("Họ và tên"), use="citizen_name", max_length=100)
    number_digest = models.CharField(max_length=64, unique=True, editable=False)
    number_digits = SealedTextField(use="citizen_number", editable=False)
    birth = SealedTextField(
        _("Ngày sinh"),
        use="citizen_birth",
        max_length=10,
        help_text="1985-03-07, or 1950 where only the year is known",
    )
    phone = models.CharField(_("Số điện thoại"), max_length=15, blank=True)
    email = models.EmailField(_("Thư điện tử"), blank=True)
    address = SealedTextField(_("Địa chỉ liên hệ"), use="citizen_address", max_length=300, blank=True)
    registration_check = models.ForeignKey(
        "verification.IdentityCheck",
        models.PROTECT,
        null=True,
        related_name="+",
        verbose_name=_("Lần kiểm tra khi đăng ký"),
    )
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = _("Công dân")
        verbose_name_plural = _("Công dân")

    def __str__(self) -> str:
        return self.number.masked

    @property
    def number(self) -> IdNumber:
        """Return the number of the account."""
        return IdNumber(self.number_digits)

    @number.setter
    def number(self, number: IdNumber) -> None:
        self.number_digits = number.digits
        self.number_digest = digest("number", number.digits)

    @property
    def birth_date(self) -> BirthDate:
        """Return the birth date of the account."""
        return BirthDate.of_canonical(self.birth)

    @birth_date.setter
    def birth_date(self, birth_date: BirthDate) -> None:
        self.birth = birth_date.canonical()

    def claim(self) -> IdentityClaim:
        """Return what the account says of its owner, as it is put to the register."""
        return IdentityClaim(full_name=clean(self.full_name), number=self.number, birth_date=self.birth_date)


class Notice(models.Model):
    """A message to a user: in a citizen's inbox on the portal, or above an officer's queue."""

    user = models.ForeignKey(
        User, models.CASCADE, related_name="notices", db_index=False, verbose_name=_("Người nhận")
    )
    text = models.TextField(_("Nội dung"), max_length=1000)
    link = models.CharField(
        _("Trang liên quan"), max_length=200, blank=True, help_text=_("Đường dẫn trong cổng, ví dụ /ho-so/")
    )
    created_at = models.DateTimeField(_("Lúc"))
    read_at = models.DateTimeField(_("Đọc lúc"), null=True, blank=True)

    class Meta:
        verbose_name = _("Thông báo")
        verbose_name_plural = _("Thông báo")
        ordering = ("-created_at",)
        indexes = [
            models.Index(fields=["user", "-created_at"], name="notice_inbox"),
            models.Index(
                fields=["user", "-created_at"], name="notice_unread", condition=models.Q(read_at=None)
            ),
        ]

    def __str__(self) -> str:
        return f"{timezone.localtime(self.created_at):%d/%m/%Y %H:%M}"


class RecoveryCode(models.Model):
    """A code that opens an account once, in place of a code from a telephone that was lost."""

    user = models.ForeignKey(User, models.CASCADE, related_name="recovery_codes", db_index=False)
    code_digest = models.CharField(max_length=64)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "code_digest"], name="one_recovery_code")]

    def __str__(self) -> str:
        return f"{self.user}"


class FailedLogin(models.Model):
    """A try to log in, written before password or code are looked at and taken back when they were right."""

    login_digest = models.CharField(max_length=64)  # empty once the name's owner was right, from elsewhere
    address_digest = models.CharField(max_length=64, blank=True, default="")
    at = models.DateTimeField(db_index=True)

    class Meta:
        indexes = [
            models.Index(fields=["login_digest", "at"], name="failed_login"),
            models.Index(fields=["address_digest", "at"], name="failed_login_address"),
        ]

    def __str__(self) -> str:
        return f"{timezone.localtime(self.at):%d/%m/%Y %H:%M}"
