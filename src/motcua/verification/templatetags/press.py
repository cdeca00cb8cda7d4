"""What a button that asks the register carries beside what was typed."""

from __future__ import annotations

import uuid

from django import template
from django.template import Context
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from motcua.verification.service import portal_question
from motcua.web.markup import filled

register = template.Library()
_STAR = mark_safe('<span class="star" aria-hidden="true"> *</span>')  # nosec B308 # fixed


@register.simple_tag(takes_context=True)
def press(context: Context) -> SafeString:
    """Return the key of the next press and, while a wave of wrong answers lasts, the portal's question; one query.

    Args:
        context: of the page; ``is_challenge_wrong`` says that the question was answered, and wrongly.
    """
    key = filled('<input type="hidden" name="press_key" value="{}">\n', uuid.uuid4())
    question = portal_question(now=timezone.now())
    if question is None:
        return key
    is_wrong = context.get("is_challenge_wrong")
    error = _("Câu trả lời chưa đúng. Vui lòng trả lời câu hỏi mới.") if is_wrong else ""
    return key + filled(
        '<div class="field{}">\n<label for="id_challenge_answer">{}{}</label>\n'
        '<p class="help" id="id_challenge_answer-help">{}</p>\n{}'
        '<input type="hidden" name="challenge_token" value="{}">'
        '<input type="text" id="id_challenge_answer" name="challenge_answer" size="14" maxlength="60" '
        'inputmode="numeric" autocomplete="off" spellcheck="false" aria-required="true" '
        'aria-describedby="id_challenge_answer-help{}"{}>\n</div>\n',
        " wrong" if error else "",
        question.text,
        _STAR,
        _(
            "Cổng đang hỏi thêm mọi người một câu để ngăn máy tự động dò thông tin. Vui lòng trả lời bằng số, ví dụ 42."
        ),
        filled('<p class="error" id="id_challenge_answer-error">{}</p>\n', error) if error else "",
        question.token,
        " id_challenge_answer-error" if error else "",
        mark_safe(' aria-invalid="true"') if error else "",  # nosec B308 # fixed
    )
