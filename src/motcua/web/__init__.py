"""What all pages share: form fields over the core, middleware, log filter, templates, static files.

Must not know any business app, nor the register.
"""
