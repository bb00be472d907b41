"""What a person can do on a request's page: words, icons, keys, and which form asks for what is needed."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from kernel.verbs import Verb
from projects import operations
from projects.requestforms import (
    AcceptForm,
    AnswerForm,
    AskForm,
    AttachForm,
    ChangedPromiseForm,
    DeliverForm,
    EditForm,
    MissingForm,
    PromiseForm,
    ReasonForm,
    RequestForm,
)

VERBS: dict[str, Verb[RequestForm]] = {
    verb.name: verb
    for verb in (
        Verb(
            name="ask",
            perform=operations.ask,
            label=_("Ask a question"),
            done=_("Asked about %(reference)s"),
            icon="message-circle-question-mark",
            key="q",
            form=AskForm,
            title=_("Question about %(reference)s"),
            button=_("Ask"),
        ),
        Verb(
            name="start-decomposing",
            perform=operations.begin_decomposing,
            label=_("Start decomposing"),
            done=_("%(reference)s is being decomposed"),
            icon="git-branch",
            key="d",
        ),
        Verb(
            name="agree",
            perform=operations.agree,
            label=_("Agree"),
            done=_("%(reference)s is agreed"),
            icon="circle-check",
            key="a",
            form=PromiseForm,
            title=_("What was agreed on %(reference)s"),
        ),
        Verb(
            name="promise",
            perform=operations.update_request,
            label=_("Promise anew"),
            done=_("%(reference)s promised anew"),
            icon="calendar",
            form=ChangedPromiseForm,
            title=_("Another promise for %(reference)s"),
        ),
        Verb(
            name="deliver",
            perform=operations.deliver,
            label=_("Deliver"),
            done=_("%(reference)s delivered"),
            icon="package-check",
            key="d",
            form=DeliverForm,
            title=_("Deliver %(reference)s"),
        ),
        Verb(
            name="accept",
            perform=operations.accept,
            label=_("Write down acceptance"),
            done=_("%(reference)s accepted"),
            icon="circle-check",
            key="a",
            form=AcceptForm,
            title=_("%(reference)s is accepted"),
            button=pgettext_lazy("of a change request", "Accepted"),
        ),
        Verb(
            name="send-back",
            perform=operations.send_back,
            label=_("Send back"),
            done=_("%(reference)s is in work again"),
            icon="undo-2",
            form=MissingForm,
            title=_("%(reference)s is not accepted"),
        ),
        Verb(
            name="reject",
            perform=operations.reject,
            label=_("Reject"),
            done=_("%(reference)s rejected"),
            icon="circle-x",
            form=ReasonForm,
            title=_("Reject %(reference)s"),
        ),
        Verb(
            name="withdraw",
            perform=operations.withdraw,
            label=_("Withdraw"),
            done=_("%(reference)s withdrawn"),
            icon="x",
            form=ReasonForm,
            title=_("Withdraw %(reference)s"),
        ),
        Verb(
            name="edit",
            perform=operations.update_request,
            label=_("Edit"),
            done=_("%(reference)s saved"),
            icon="pencil",
            key="e",
            form=EditForm,
            title=_("Edit %(reference)s"),
            button=_("Save changes"),
        ),
        Verb(
            name="attach",
            perform=operations.attach,
            label=_("Add"),
            done=_("File added to %(reference)s"),
            icon="paperclip",
            form=AttachForm,
            title=_("File for %(reference)s"),
        ),
    )
}
# To the client's people the same acts have other names.
TO_CLIENT: dict[str, Verb[RequestForm]] = {
    "accept": Verb(
        name="accept",
        perform=operations.accept,
        label=_("Accept"),
        done=_("You accepted %(reference)s. Thank you."),
        icon="circle-check",
        key="a",
        form=AcceptForm,
        title=_("Accept %(reference)s"),
    ),
    "send-back": Verb(
        name="send-back",
        perform=operations.send_back,
        label=_("Not yet"),
        done=_("%(reference)s is in work again, and we know why"),
        icon="undo-2",
        form=MissingForm,
        title=_("%(reference)s is not what was asked for"),
        button=_("Send"),
    ),
}
# Asked of one question.
QUESTION_VERBS: dict[str, Verb[RequestForm]] = {
    verb.name: verb
    for verb in (
        Verb(
            name="answer",
            perform=operations.answer,
            label=_("Answer"),
            done=_("Answered. Thank you."),
            icon="message-square",
            form=AnswerForm,
        ),
        Verb(name="remind", perform=operations.remind, label=_("Remind"), done=_("Reminded"), icon="bell"),
        Verb(
            name="withdraw",
            perform=operations.withdraw_question,
            label=_("Withdraw"),
            done=_("Question withdrawn"),
            icon="x",
        ),
    )
}
# What stands in the head of the page, in this order, the one that is next at the end.
IN_THE_HEAD = ("start-decomposing", "ask", "agree", "deliver", "send-back", "accept")
