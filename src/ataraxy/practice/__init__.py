"""The only writer: load what is known, let `therapy` decide, append to the `record`.

Belongs here: the commands of a clinic (used alike by the command line, the web, the API and the virtual clinic), how
events become entries and back, the tables that pages read, and the questions that pages ask of them. Does not belong
here: rules of care (`ataraxy.therapy`), how entries are kept (`ataraxy.record`), pages (`ataraxy.clinic`).
"""
