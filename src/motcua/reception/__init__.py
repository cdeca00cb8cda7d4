"""The officer's desk: reception form, check button, queue, receipt. The top floor under ``config``."""
