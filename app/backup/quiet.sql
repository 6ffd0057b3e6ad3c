-- What a restored copy is, in the transaction that restores it: no worker can see it without this.
-- All that was owed is held: the original may have done it since.
UPDATE public.effects_effect SET state = 'held', wake_at = '9999-01-01 00:00:00+00', decided_by = 'restore',
    reason = 'restored from a backup' WHERE finished_at IS NULL;
-- Nothing runs in a copy: a heartbeat of the original would say so, and its attempts would count towards limits.
DELETE FROM public.effects_heartbeat;
DELETE FROM public.effects_slot;
-- Numbers that others keep never come twice: addresses of the API, ids in calls, keys of cached pages.
SELECT setval(format('%I.%I', schemaname, sequencename)::regclass, coalesce(last_value, 0) + 1000000)
    FROM pg_sequences WHERE schemaname = 'public' AND data_type = 'bigint'::regtype;
UPDATE public.blog_version SET number = number + 1000000;
-- A reader that has a later feed of the original asks whether this one is newer than that.
UPDATE public.feeds_document SET last_modified = clock_timestamp(), built_at = clock_timestamp();
