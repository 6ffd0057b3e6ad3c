"""The web process. GUNICORN_CMD_ARGS overrides: `--bind 0.0.0.0:8000`."""

from app.middleware import http_figures  # noqa: F401  makes the memory that the workers share, before they fork
from config import env, worker_states

values = env.read()
bind = f"127.0.0.1:{values.port}"
worker_class = "config.web_worker.WaitressWorker"
workers = 2
threads = 4
worker_connections = 1_000
timeout = 60
graceful_timeout = 15
max_requests = 20_000
max_requests_jitter = 10_000
child_exit = worker_states.child_exit
# gunicorn's own workers take the path of the site from a request header of this name where the peer is on this machine.
forwarder_headers = "X_NONE"
control_socket_disable = True
accesslog = None
