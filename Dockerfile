FROM python:3.13-slim
ENV PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 PATH=/opt/venv/bin:$PATH
WORKDIR /app
COPY requirements.txt .
RUN python -m venv /opt/venv && pip install --no-cache-dir --require-hashes -r requirements.txt
COPY . .
RUN useradd --uid 10001 --no-create-home --home-dir /nonexistent afterword \
    && install -d -o afterword -g afterword /srv/afterword
USER afterword
VOLUME /srv/afterword
ENV DATA_DIR=/srv/afterword GUNICORN_CMD_ARGS="--bind 0.0.0.0:8000"
EXPOSE 8000
CMD ["gunicorn", "config.wsgi", "--config", "config/gunicorn.py"]
