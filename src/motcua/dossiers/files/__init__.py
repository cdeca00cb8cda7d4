"""The files of papers: what one really is, where it lies, what it looks like, and whether there is a virus in it.

    reading                       what somebody uploads: judged by its content, drawn anew
    store                         the one door to kept files, over ``disk_store`` or ``object_store``
    previews                      small pictures: ``thumbnails``, and ``first_page`` in a process of its own
    scanning                      clamd's word on each file

Must not know what a dossier goes through: who may give or open a paper is said outside (``papers``, ``filing``).
"""
