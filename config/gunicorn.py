"""The web process: threads, as requests wait for the database. GUNICORN_CMD_ARGS overrides: `--bind 0.0.0.0:8000`."""

from config import env

values = env.read()
bind = f"127.0.0.1:{values.port}"
worker_class = "gthread"
workers = 2
threads = 4
timeout = 60
graceful_timeout = 15
keepalive = 5
max_requests = 20_000
max_requests_jitter = 2_000
control_socket_disable = True
# Of a client's own headers none is taken for the server's word: SCRIPT_NAME would be in every link of the page.
forwarder_headers = "X_NONE"
accesslog = None
