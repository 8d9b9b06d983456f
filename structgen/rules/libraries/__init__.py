"""Libraries that know more than the rules, used if they are installed (``pip install 'structgen[rules]'``).

Each is imported when a schema first asks for what it knows, works offline, and is named in the model of the completion:
``rules+phonenumbers``. What it finds is derived, like everything that no label identifies.
"""
