"""The numbers that people manage by: received, on time, late, checked, rated; no person stands in any of them.

    counting, reporting       what is counted, and the same with the names of what it is about
    words                     what every number is called and means
    filters                   what somebody wants counted, and may see
    charts, exporting         as pictures and as files

Counts dossiers, checks and ratings, and changes nothing. Must not know the desk's pages or those of
oversight, nor they it.
"""
