"""One module per thing the user does; no Qt, SQL or sockets. Imports everything below."""
