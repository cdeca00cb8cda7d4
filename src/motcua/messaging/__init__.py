"""What people are told outside the portal, by e-mail and SMS: in which words, by which way, nothing of a person.

    kinds, wording            the one table of messages, and what may stand in one
    service                   the door: ``send``
    channels, mail, sms, mailbox      the ways out, and where a trial's messages are read

Must not know whose message it is: an address, a telephone and a few words come in as plain values. The message leaves
as a parcel of ``outbox``.
"""
