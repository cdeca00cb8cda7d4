"""What administrators write."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from motcua.messaging.kinds import Channel
from motcua.messaging.service import Text, TextRefused, judged
from motcua.messaging.wording import LONGEST_MAIL, LONGEST_SUBJECT
from motcua.web.administration import SAVED_MEANWHILE


class TextForm(forms.Form):
    """The texts of one message by one channel; its errors say which placeholder or length is wrong."""

    subject = forms.CharField(label=_("Tiêu đề"), required=False, strip=False)
    body = forms.CharField(label=_("Nội dung"), required=False, strip=False, widget=forms.Textarea)
    is_active = forms.BooleanField(label=_("Có gửi tin này"), required=False)
    as_shown = forms.CharField(required=False)  # the mark of the text that the page showed

    def __init__(self, data: Any = None, *, text: Text) -> None:
        beginning = {"subject": text.subject, "body": text.body, "is_active": text.is_active}
        self.mark = f"{text.changed.changed_at.timestamp():.6f}" if text.changed else "0"
        super().__init__(data, initial=beginning)
        self._text = text
        self.fields["subject"].widget.attrs |= {"class": "vTextField", "maxlength": LONGEST_SUBJECT}
        self.fields["body"].widget.attrs |= {
            "class": "vLargeTextField",
            "maxlength": LONGEST_MAIL,
            "rows": 10,
        }
        if text.channel == Channel.SMS:
            del self.fields["subject"]
            self.fields["body"].widget.attrs["rows"] = 4

    def clean(self) -> dict[str, Any]:
        """Take the texts as they would be kept."""
        said = super().clean() or {}
        if said.pop("as_shown", "") not in {"", self.mark} and "save" in self.data:
            raise forms.ValidationError(SAVED_MEANWHILE % {"fields": _("lời của tin")})
        try:
            said["subject"], said["body"] = judged(
                self._text, subject=said.get("subject", ""), body=said.get("body", "")
            )
        except TextRefused as refused:
            raise forms.ValidationError(refused.problems) from None
        return said
