"""The statutory slips 01 to 07 of a dossier as PDF, signed where the office has a key.

It knows dossiers and their offices and reads them only; of pages it knows no more than that they ask for a file.
"""
