"""What the product is. Knows no Celery, no Redis, no worker."""
