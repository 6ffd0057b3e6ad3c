-- Rows for every table and every state of the schema that the first landed migrations make. make_dump.py runs this over a migrated,
-- empty database. Times are constants and texts repeat: the dump is the same each time it is made, and compresses well.

INSERT INTO auth_group (name) VALUES ('operators');
INSERT INTO accounts_user (password, last_login, is_superuser, username, first_name, last_name, email, is_staff, is_active,
                           date_joined, role, registered_via, email_confirmed_at)
SELECT 'pbkdf2_sha256$1000000$salt$bm90IGEgcGFzc3dvcmQ=', CASE WHEN n % 2 = 0 THEN timestamptz '2026-11-25 08:00+00' END,
       n = 1, 'user' || n, 'First' || n, 'Last' || n, 'user' || n || '@example.org', n <= 3, n <> 12,
       timestamptz '2026-11-01 08:00+00' + n * interval '1 hour',
       (ARRAY['editor', 'editor', 'author', 'contributor', 'reader'])[1 + n % 5],
       (ARRAY['site', 'api', 'admin', 'command', 'import'])[1 + n % 5],
       CASE WHEN n % 3 > 0 THEN timestamptz '2026-11-02 08:00+00' END
FROM generate_series(1, 12) AS n;
INSERT INTO accounts_profile (display_name, bio, website, avatar, post_count, published_post_count, notify_comments, notify_likes, user_id)
SELECT 'Name ' || id, 'Likes *pears*.', 'https://example.org/' || id, '', 10, 3, id % 2 = 0, id % 3 = 0, id FROM accounts_user;
INSERT INTO accounts_apitoken (name, prefix, digest, created_at, last_used_at, revoked_at, user_id)
SELECT 'token ' || n, 'aw_' || lpad(n::text, 5, 'x'), encode(sha256(n::text::bytea), 'hex'), '2026-11-03 08:00+00',
       CASE WHEN n > 2 THEN timestamptz '2026-11-24 08:00+00' END, CASE WHEN n > 4 THEN timestamptz '2026-11-25 08:00+00' END, n
FROM generate_series(1, 6) AS n;
INSERT INTO accounts_user_groups (user_id, group_id) VALUES (2, 1), (3, 1);
INSERT INTO auth_group_permissions (group_id, permission_id)
SELECT 1, auth_permission.id FROM auth_permission JOIN django_content_type AS type ON type.id = content_type_id
WHERE type.app_label IN ('effects', 'newsletter') AND codename ~ '^(view|change)_' ORDER BY type.app_label, codename;
INSERT INTO accounts_user_user_permissions (user_id, permission_id)
SELECT 4, auth_permission.id FROM auth_permission JOIN django_content_type AS type ON type.id = content_type_id
WHERE type.app_label IN ('effects', 'notices') AND codename ~ '^view_' ORDER BY type.app_label, codename;
INSERT INTO django_admin_log (action_time, object_id, object_repr, action_flag, change_message, content_type_id, user_id)
SELECT '2026-11-20 08:00+00', '7', model, 2, '[]', id, 1 FROM django_content_type ORDER BY app_label, model;
INSERT INTO django_session VALUES ('sessionkeyofuser1', 'eyJhIjoxfQ:data', '2126-11-26 08:00+00');

INSERT INTO blog_category (name, slug, description)
SELECT 'Category ' || n, 'category-' || n, 'About ' || n FROM generate_series(1, 4) AS n;
INSERT INTO blog_tag (name, slug) SELECT 'Tag ' || n, 'tag-' || n FROM generate_series(1, 8) AS n;
INSERT INTO blog_media (file, checksum, content_type, width, height, alt, size, created_at, unclaimed_since, owner_id)
SELECT 'images/' || n || '.png', encode(sha256(('image' || n)::bytea), 'hex'), 'image/png', CASE WHEN n < 6 THEN 640 END,
       CASE WHEN n < 6 THEN 480 END, 'A pear', 1000 + n, '2026-11-05 08:00+00',
       CASE WHEN n > 4 THEN timestamptz '2026-11-05 08:00+00' END, CASE WHEN n > 1 THEN n END
FROM generate_series(1, 6) AS n;
INSERT INTO blog_post (status, publish_at, published_at, last_activity, revision, view_count, like_count, comment_count, title, slug,
                       content, content_html, excerpt, created_at, updated_at, source, author_id, category_id, cover_id)
SELECT status,
       CASE WHEN status = 'scheduled' THEN timestamptz '2126-11-26 08:00+00' END,
       CASE WHEN status IN ('published', 'withdrawn') THEN timestamptz '2026-11-10 08:00+00' + n * interval '1 hour' END,
       CASE WHEN status = 'published' THEN timestamptz '2026-11-20 08:00+00' END,
       1 + n % 4, n * 7, 0, 0, 'Post ' || n, 'post-' || n, '# Pears' || chr(10) || 'Ünïcödé ' || n, '<h1>Pears</h1>', 'An excerpt',
       timestamptz '2026-11-09 08:00+00' + n * interval '1 hour', '2026-11-21 08:00+00',
       CASE WHEN n % 10 = 0 THEN 'jekyll:post-' || n END, 1 + n % 5, CASE WHEN n % 5 > 0 THEN n % 5 END,
       CASE WHEN n % 7 = 0 THEN 1 + n % 4 END
FROM generate_series(1, 60) AS n, LATERAL (SELECT CASE
    WHEN n <= 40 THEN 'published' WHEN n <= 48 THEN 'draft' WHEN n <= 54 THEN 'scheduled' ELSE 'withdrawn' END AS status) AS given;
INSERT INTO blog_post_tags (post_id, tag_id) SELECT id, 1 + id % 8 FROM blog_post ORDER BY id;
INSERT INTO blog_post_media (post_id, media_id) SELECT n, n FROM generate_series(1, 4) AS n;
INSERT INTO blog_postslug (slug, created_at, post_id) SELECT 'old-' || n, '2026-11-12 08:00+00', n FROM generate_series(1, 5) AS n;
INSERT INTO blog_version (scope, number) SELECT 'author:' || n, n FROM generate_series(1, 5) AS n;
INSERT INTO blog_version (scope, number) SELECT 'post:' || n, 3 FROM generate_series(1, 60) AS n;
INSERT INTO blog_like (created_at, user_id, post_id)
SELECT '2026-11-19 08:00+00', u, p FROM generate_series(1, 6) AS u, generate_series(1, 10) AS p;
INSERT INTO blog_comment (guest_name, guest_email, content, content_html, status, created_at, announced_at, author_id, parent_id, post_id)
SELECT CASE WHEN n % 2 = 0 THEN 'Guest' ELSE '' END, CASE WHEN n % 2 = 0 THEN 'guest@example.org' ELSE '' END, 'Nice ' || n,
       '<p>Nice</p>', (ARRAY['held', 'approved', 'spam', 'deleted'])[1 + n % 4], '2026-11-18 08:00+00',
       CASE WHEN n % 4 = 1 THEN timestamptz '2026-11-18 09:00+00' END, CASE WHEN n % 2 = 1 THEN 1 + n % 9 END,
       CASE WHEN n > 20 THEN n - 20 END, 1 + n % 10
FROM generate_series(1, 40) AS n;
UPDATE blog_post SET like_count = (SELECT count(*) FROM blog_like WHERE post_id = blog_post.id),
    comment_count = (SELECT count(*) FROM blog_comment WHERE post_id = blog_post.id AND status = 'approved');

INSERT INTO newsletter_subscriber (email, state, token, source, consented_at, consent_text, consent_ip_digest, confirmed_at,
                                   unsubscribed_at, created_at, user_id)
SELECT 'reader' || n || '@example.org', (ARRAY['pending', 'confirmed', 'unsubscribed', 'bounced'])[1 + n % 4],
       'token' || n, 'form', '2026-11-06 08:00+00', 'Yes, send me posts.', encode(sha256(n::text::bytea), 'hex'),
       CASE WHEN n % 4 > 0 THEN timestamptz '2026-11-06 09:00+00' END,
       CASE WHEN n % 4 = 2 THEN timestamptz '2026-11-16 09:00+00' END, '2026-11-06 08:00+00', CASE WHEN n <= 5 THEN n END
FROM generate_series(1, 80) AS n;
INSERT INTO newsletter_confirmation (state, message_id, attempts, error, submitted_at, finished_at, created_at, subscriber_id)
SELECT state, '<confirm' || n || '@example.org>', n % 3, CASE WHEN state = 'failed' THEN '550 no such user' ELSE '' END,
       CASE WHEN state <> 'pending' THEN timestamptz '2026-11-06 08:01+00' END,
       CASE WHEN state NOT IN ('pending', 'submitting') THEN timestamptz '2026-11-06 08:02+00' END, '2026-11-06 08:00+00', n
FROM generate_series(1, 14) AS n, LATERAL (SELECT
    (ARRAY['pending', 'submitting', 'sent', 'failed', 'suppressed', 'skipped', 'unknown'])[1 + n % 7] AS state) AS given;
INSERT INTO newsletter_send (round, state, candidates, created_at, finished_at, asked_by_id, post_id)
SELECT 1 + n / 5, (ARRAY['expanding', 'sending', 'finished', 'cancelled'])[1 + n % 4], 70, '2026-11-11 08:00+00',
       CASE WHEN n % 4 > 1 THEN timestamptz '2026-11-11 09:00+00' END, CASE WHEN n >= 5 THEN 1 END, 1 + n % 5
FROM generate_series(0, 7) AS n;
INSERT INTO newsletter_delivery (state, message_id, attempts, error, submitted_at, finished_at, post_id, send_id, subscriber_id)
SELECT given.state, '<' || send.id || '.' || n || '@example.org>', n % 4, CASE WHEN given.state = 'failed' THEN '550 no such user' ELSE '' END,
       CASE WHEN given.state <> 'pending' THEN timestamptz '2026-11-11 08:01+00' END,
       CASE WHEN given.state NOT IN ('pending', 'submitting') THEN timestamptz '2026-11-11 08:02+00' END, post_id, send.id,
       CASE WHEN n < 70 THEN n END
FROM newsletter_send AS send, generate_series(1, 70) AS n, LATERAL (SELECT
    (ARRAY['pending', 'submitting', 'sent', 'failed', 'suppressed', 'skipped', 'unknown'])[1 + n % 7] AS state) AS given
ORDER BY send.id, n;
INSERT INTO notices_watch (created_at, user_id) VALUES ('2026-11-07 08:00+00', 1), ('2026-11-07 08:00+00', 2);
INSERT INTO notices_addresschange (old_email, new_email, password_mark, asked_at, closed_at, user_id)
SELECT 'user' || n || '@example.org', 'new' || n || '@example.org', repeat('a', 64), '2026-11-22 08:00+00',
       CASE WHEN n > 3 THEN timestamptz '2026-11-22 09:00+00' END, n
FROM generate_series(1, 8) AS n;
INSERT INTO notices_notice (state, message_id, attempts, error, submitted_at, finished_at, kind, subject_key, created_at, actor_id,
                            comment_id, post_id, recipient_id, told_in_id)
SELECT state, '<notice' || n || '@example.org>', n % 3, '', CASE WHEN state <> 'pending' THEN timestamptz '2026-11-18 08:01+00' END,
       CASE WHEN state NOT IN ('pending', 'submitting') THEN timestamptz '2026-11-18 08:02+00' END,
       (ARRAY['address', 'reset', 'password', 'move', 'moving', 'moved', 'welcome', 'onboarding', 'comment', 'reply', 'like',
              'review', 'draft'])[1 + n % 13],
       'subject:' || n, '2026-11-18 08:00+00', CASE WHEN n % 2 = 0 THEN 2 END, CASE WHEN n % 13 = 8 THEN n END,
       CASE WHEN n % 13 >= 8 THEN 1 + n % 10 END, 1 + n % 4, NULL
FROM generate_series(1, 39) AS n, LATERAL (SELECT
    (ARRAY['pending', 'submitting', 'sent', 'failed', 'suppressed', 'skipped', 'unknown'])[1 + n % 7] AS state) AS given;
UPDATE notices_notice SET told_in_id = 1 WHERE id IN (10, 11);

INSERT INTO feeds_document (scope, format, body, etag, last_modified, built_at)
SELECT scope, format, convert_to('<rss>Ünïcödé</rss>', 'UTF8'), md5(scope || format), '2026-11-21 08:00+00', '2026-11-21 08:01+00'
FROM unnest(ARRAY['site', 'author:1', 'category:1', 'tag:1']) AS scope, unnest(ARRAY['rss', 'atom', 'json']) AS format;
INSERT INTO search_document (post_id, revision, title, body, vector, published_at)
SELECT id, revision, title, content, to_tsvector('english', title || ' pears'), published_at
FROM blog_post WHERE status = 'published' ORDER BY id;
INSERT INTO social_account (network, name, endpoint, handle, secret_encrypted, session_encrypted, active, error, created_at, removed_at,
                            owner_id)
VALUES ('webhook', 'Hook', 'http://127.0.0.1:9/hook', '', 'sealed', '', true, '', '2026-11-08 08:00+00', NULL, 1),
       ('dummy', 'Dummy', '', '', '', '', true, '', '2026-11-08 08:00+00', NULL, NULL),
       ('mastodon', 'Toots', 'https://social.example.org', '@a', 'sealed', '', false, '401', '2026-11-08 08:00+00', NULL, 2),
       ('bluesky', 'Gone', 'https://pds.example.org', 'a.example.org', '', '', false, '', '2026-11-08 08:00+00', '2026-11-20 08:00+00', 3);
INSERT INTO social_socialpost (state, key, remote_id, remote_url, shown, revision, attempts, error, created_at, claimed_at, sent_at,
                               account_id, post_id)
SELECT (ARRAY['pending', 'submitting', 'sent', 'failed', 'unknown', 'withdrawn', 'skipped'])[1 + n % 7], 'key' || a || '-' || n,
       'r' || n, 'https://social.example.org/' || n, jsonb_build_object('text', 'Post ' || n), 1, n % 3, '', '2026-11-10 08:00+00',
       CASE WHEN n % 7 > 0 THEN timestamptz '2026-11-10 08:01+00' END, CASE WHEN n % 7 = 2 THEN timestamptz '2026-11-10 08:02+00' END, a, n
FROM generate_series(1, 4) AS a, generate_series(1, 14) AS n;
INSERT INTO social_dummypost (key, text, url, revision, posted_at, edited_at, deleted_at, account_id)
SELECT 'key2-' || n, 'Post ' || n, 'https://example.org/' || n, 1, '2026-11-10 08:02+00',
       CASE WHEN n = 2 THEN timestamptz '2026-11-11 08:00+00' END, CASE WHEN n = 3 THEN timestamptz '2026-11-12 08:00+00' END, 2
FROM generate_series(1, 3) AS n;
INSERT INTO importer_origin (post_id, digest, text, imported_at)
SELECT id, encode(sha256(slug::bytea), 'hex'), encode(sha256(content::bytea), 'hex'), '2026-11-09 08:00+00'
FROM blog_post WHERE source IS NOT NULL ORDER BY id;
INSERT INTO stats_salt (day, value) VALUES ('2026-11-25', sha256('one')), ('2026-11-26', sha256('two'));
INSERT INTO stats_trending (post_id, score, computed_at) SELECT n, 100.5 / n, '2026-11-26 08:00+00' FROM generate_series(1, 20) AS n;
INSERT INTO stats_activity (verb, day, created_at, post_id, user_id)
SELECT verb, '2026-11-20', '2026-11-20 08:00+00', p, u
FROM unnest(ARRAY['post_view', 'post_like']) AS verb, generate_series(1, 5) AS p, generate_series(1, 6) AS u;
INSERT INTO stats_view (visitor, day, seen_at, counted_at, post_id)
SELECT substr(sha256(n::text::bytea), 1, 16), '2026-11-26', '2026-11-26 08:00+00',
       CASE WHEN n % 3 > 0 THEN timestamptz '2026-11-26 08:01+00' END, 1 + n % 10
FROM generate_series(1, 60) AS n;

-- 10,000 effects: 1 to 8,600 done, to 9,200 dead, to 9,600 ready, to 9,800 running under a lease that has ended, to 10,000 waiting for
-- a time far ahead. What is ready or running names posts, comments and users that exist: a worker can run it after the upgrade.
INSERT INTO effects_effect (task, queue, args, about, key, kind, state, attempt, max_attempts, rings, wake_at, due_at, created_at,
                            started_at, finished_at, hint, outcome, error)
SELECT task, split_part(task, '.', 1),
       CASE task WHEN 'email.deliver' THEN jsonb_build_object('delivery_id', n) WHEN 'social.deliver' THEN jsonb_build_object('social_post_id', n)
           WHEN 'email.page' THEN jsonb_build_object('send_id', 1 + n % 8, 'after', n)
           WHEN 'stats.track' THEN jsonb_build_object('verb', 'post_view', 'post_id', post, 'user_id', 1 + n % 11)
           ELSE jsonb_build_object('post_id', post) END,
       'post:' || post, CASE WHEN task = 'email.deliver' THEN 'smtp' END,
       CASE WHEN task IN ('email.deliver', 'social.deliver', 'cache.purge') THEN 'external' ELSE 'atomic' END, state,
       CASE state WHEN 'done' THEN 1 WHEN 'dead' THEN 20 WHEN 'running' THEN 2 WHEN 'ready' THEN n % 2 ELSE 3 END, 20, n % 3,
       CASE WHEN state = 'waiting' THEN timestamptz '2126-11-26 08:00+00' ELSE born + interval '15 seconds' END,
       CASE WHEN state = 'waiting' THEN timestamptz '2126-11-26 08:00+00' ELSE born END, born,
       CASE WHEN state IN ('done', 'dead', 'running') THEN born + interval '1 second' END,
       CASE WHEN state IN ('done', 'dead') THEN born + interval '2 seconds' END,
       CASE WHEN state IN ('done', 'dead', 'running') THEN uuid '6ba7b810-9dad-11d1-80b4-00c04fd430c8' END,
       CASE state WHEN 'done' THEN 'done' WHEN 'dead' THEN 'gave up after 20 tries' ELSE '' END,
       CASE WHEN state = 'dead' THEN 'Traceback (most recent call last):' || chr(10) || '  File "app/mail/smtp.py", line 12, in send'
           || chr(10) || 'SMTPServerDisconnected: Connection closed' WHEN state = 'waiting' THEN 'Later: 421 try again' ELSE '' END
FROM generate_series(1, 10000) AS n, LATERAL (SELECT
    CASE WHEN n <= 8600 THEN 'done' WHEN n <= 9200 THEN 'dead' WHEN n <= 9600 THEN 'ready' WHEN n <= 9800 THEN 'running'
         ELSE 'waiting' END AS state,
    1 + n % 40 AS post, timestamptz '2026-11-20 08:00+00' + n * interval '10 seconds' AS born) AS given, LATERAL (SELECT
    CASE WHEN state IN ('ready', 'running') THEN (ARRAY['search.refresh', 'feeds.follow', 'stats.track', 'stats.rank'])[1 + n % 4]
         ELSE (ARRAY['search.refresh', 'email.deliver', 'social.deliver', 'email.page', 'stats.track', 'cache.purge'])[1 + n % 6]
    END AS task) AS named;
INSERT INTO effects_heartbeat (worker, at) VALUES ('mail@host1', '2026-11-26 08:00+00'), ('all@host2', '2026-11-26 07:00+00');
INSERT INTO effects_tick (task, period) SELECT 'upkeep.prove', n FROM generate_series(1, 5) AS n;
INSERT INTO effects_unproven (about, why, since) VALUES ('send:2', '70 candidates, 69 accounted for', '2026-11-25 08:00+00');
INSERT INTO django_celery_results_taskresult (task_id, status, content_type, content_encoding, result, date_done, traceback, meta,
                                              task_args, task_kwargs, task_name, worker, date_created, date_started)
SELECT 'task-' || n, (ARRAY['SUCCESS', 'FAILURE'])[1 + n % 2], 'application/json', 'utf-8', '"done"', '2026-11-25 08:00+00', NULL,
       '{"children": []}', '"()"', '"{}"', 'feeds.follow', 'all@host2', '2026-11-25 08:00+00', NULL
FROM generate_series(1, 20) AS n;
INSERT INTO django_celery_results_groupresult (group_id, date_created, date_done, content_type, content_encoding, result)
VALUES ('group-1', '2026-11-25 08:00+00', '2026-11-25 08:01+00', 'application/json', 'utf-8', '[]');
INSERT INTO django_celery_results_chordcounter (group_id, sub_tasks, count) VALUES ('group-1', '[]', 2);
UPDATE django_migrations SET applied = timestamptz '2026-11-26 08:00+00' + id * interval '1 second';
