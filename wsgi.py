"""The WSGI application."""

from app import create_app

app = create_app()
