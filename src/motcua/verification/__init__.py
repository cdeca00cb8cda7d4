"""Asking on behalf of a page: permission, limits, proof.

    service                   the doors: ``check_identity``, ``fetch_citizen``, ``look_up``, ``recheck_identity``
    asking                    how one question is asked and recorded: intent, question, outcome
    limits, locks, wave, challenge    how many wrong tries there may be, and who may not try at present
    registers, line, line_choice      from settings to the registers; which line a question takes
    light, probing, certificates, lines_told      how the register answers at present, also on the command line
    conformance               ``motcua npd conformance``: whether a server talks as we know it, as a signed report
    waiting_records           the sealed record of a verified citizen, for half an hour
    proofs, codes, logged     what a check says, signed; its printed code; whether it still says so
    counting, keeping         how many checks there were, and for how long they stay

The only app that knows the way to the register. Must not know accounts, procedures, dossiers or pages: who asks and
why come in as plain values (``service.Asker``, ``service.Purpose``).
"""
