"""What keeps the promises, how to take each away, and the tests that must notice. `make mutate` does it."""

from __future__ import annotations

from tests.proof.mutants import Drop, Edit, Guard, guard, unique

EFFECTS = "owed"
ACTING = "tests/effects/test_acting.py::"
CRASH = "tests/proof/test_crash_points.py::"
ORDER = "tests/proof/test_interleavings.py::"
NEIGHBOURS = "tests/proof/test_neighbours.py::"
LIMITS = "tests/effects/test_limits.py::"
PAUSING = "tests/effects/test_pausing.py::"
RESTORE = "tests/backup/test_restore.py::"
SETS = "tests/effects/test_sets.py::"
SETS_AT_ONCE = "tests/proof/test_sets.py::"
PRIORITY = "tests/effects/test_priority.py::"
POISON = "tests/proof/test_poison.py::"
MANY = "tests/proof/test_many_in_one_hint.py::"
OWN = "AND attempt = %s AND state = 'running'"
ANYBODYS = "AND %s IS NOT NULL AND state = 'running'"
BACK = "{0}._move({0}._still(SubmissionState.SUBMITTING), state=SubmissionState.PENDING)"

MAILINGS = "tests/newsletter/test_audience.py::"
KILLED = "tests/newsletter/test_killed.py::"
WINDOWS = "tests/newsletter/test_windows.py::TestARow::"
LISTS = "tests/newsletter/test_lists.py::TestAnImport::"

GUARDS = [
    guard(
        "one administrator is left", "app/accounts/models/user.py",
        ".order_by(\"pk\").select_for_update(no_key=True)", ".order_by(\"pk\")",
        "tests/team/test_members.py::TestTheLastAdministrator::test_is_left_where_two_demote_each_other",
    ),
    guard(
        "no session comes back with a reactivated account", "app/accounts/models/user.py",
        "deactivated_at=Now(), session_mark=secrets.token_hex(16)", "deactivated_at=Now()",
        "tests/team/test_members.py::TestDeactivation::test_ends_every_session_and_token_for_good",
    ),
    guard(
        "an invitation is accepted once", "app/team/models/invitation.py",
        "mine = Invitation.objects.filter(pk=self.pk, closed_at=None)", "mine = Invitation.objects.filter(pk=self.pk)",
        "tests/team/test_invitations.py::TestAnInvitation::test_gives_its_role_to_one_account",
    ),
    guard(
        "an editor gives no role as high as their own", "app/accounts/models/permissions.py",
        "and role not in {Role.EDITOR, TeamRole.ADMINISTRATOR}", "",
        "tests/team/test_invitations.py::TestAnInvitation::test_by_an_editor_gives_no_role_as_high_as_theirs",
    ),
    guard(
        "a kept page has the settings in its name", "app/web/conditional_get.py",
        "(look(), site().version, get_language(),", "(look(), get_language(),",
        "tests/site/test_settings.py::TestAPage::test_shows_a_new_name_at_once_though_it_was_kept",
    ),
    guard(
        "what the operator sets is not changed in the studio", "app/site/current.py",
        "if set(values) & set(set_by_operator()):", "if False:",
        "tests/site/test_settings.py::TestTheOperator::test_wins",
    ),
    guard(
        "only a superuser puts code into pages", "app/studio/site_forms.py",
        "if not self.user.can_add_code():", "if False:",
        "tests/studio/test_site_settings.py::TestSettings::test_take_no_code_of_an_editor",
    ),
    guard(
        "an accent can be read on every background", "app/site/colours.py",
        "if all(contrast(shade, each) >= ENOUGH for each in grounds)", "if True",
        "tests/site/test_looks.py::TestATheme::test_can_be_read_with_every_accent",
    ),
    guard(
        "a script's host is checked before it is in the policy", "app/site/head_code.py",
        'if parts.scheme == "https" and HOST.fullmatch(parts.netloc) else ""', 'if True else ""',
        "tests/site/test_looks.py::TestCode::test_that_the_policy_would_block_is_refused",
    ),
    guard(
        "a page takes no address of the site", "app/blog/models/page.py",
        'if found.kwargs != {"slug": self.slug} or found.args:', "if False:",
        "tests/web/test_pages.py::TestAPage::test_takes_no_address_of_the_site",
    ),
    guard(
        "a mailing of which many come back is paused", "app/newsletter/bounces.py",
        "        pause_where_many_came_back(row.send)\n", "        pass\n",
        "tests/newsletter/test_bounces.py::TestAMailing::test_is_paused_where_many_come_back",
    ),
    guard(
        "a webhook that is not signed changes nothing", "app/newsletter/provider_events.py",
        "        view.run_validators(request)\n", "",
        "tests/newsletter/test_provider_events.py::TestMailgun::test_is_refused_with_a_signature_of_another",
    ),
    guard(
        "a certificate of another site is not taken for ours", "app/newsletter/verification.py",
        "not in ([key] if key else ours):", "== '':",
        "tests/newsletter/test_certificate.py::TestACertificate::test_of_another_site_is_verified_by_its_key",
    ),
    guard(
        "a changed certificate is refused", "app/newsletter/verification.py",
        'if self._digest() != self.facts["copies"]["sha256"]:', "if False:",
        "tests/newsletter/test_certificate.py::TestACertificate::test_that_was_changed_is_refused",
    ),
    guard(
        "an SPF record that asks too much counts as none", "app/mail/spf.py",
        "if self._lookups > MOST_LOOKUPS:", "if self._lookups > 50:",
        "tests/mail/test_doctor.py::TestDns::test_judges_spf",
    ),
    guard(
        "a forged bounce changes nothing", "app/mail/return_path.py",
        "return _numbered(text) if is_ours else None", "return _numbered(text)",
        "tests/newsletter/test_bounces.py::TestABounce::test_that_is_forged_changes_nothing",
    ),
    guard(
        "a bounce settles a doubt", "app/newsletter/bounces.py",
        "    _settle(row, report)\n", "",
        "tests/newsletter/test_bounces.py::TestADoubt::test_is_settled_by_what_comes_back",
    ),
    guard(
        "what was lifted is not held back by the same report", "app/newsletter/bounces.py",
        "defaults=facts)[1]:", "defaults=facts) is None:",
        "tests/newsletter/test_bounces.py::TestABounce::test_that_was_lifted_holds_no_one_back_again",
    ),
    guard(
        "a page opens to no more roles than are written", "app/studio/access.py",
        "list_keepers = _only(lambda user: user.can_manage_subscribers())",
        "list_keepers = _only(lambda user: user.is_operator)",
        "tests/access/test_routes.py::TestARoute::test_lets_in_whom_the_classification_names",
    ),
    guard(
        "an operation of the API opens to no more roles than are written", "app/api/imports.py",
        "    must_import(request.auth)\n    first = (page - 1) * PER_PAGE", "    first = (page - 1) * PER_PAGE",
        "tests/access/test_routes.py::TestARoute::test_lets_in_whom_the_classification_names",
    ),
    guard(
        "a licence of which only a part is allowed is refused", "tools/sbom.py",
        "return any(all(name in allowed", "return any(any(name in allowed",
        "tests/architecture/test_sbom.py::TestALicence::test_that_asks_for_more_is_refused",
    ),
    guard(
        "a site without TLS does not pass the checks for deployment", "app/site/deploy_checks.py",
        "    if not _is_https():", "    if False:",
        "tests/architecture/test_deploy_checks.py::TestAnUnsafeSite::test_is_told_what_to_change",
    ),
    guard(
        "a mailing that is resumed is not paused by the same refusals", "app/newsletter/refusals.py",
        "if send.refusals_since:", "if False:",
        "tests/newsletter/test_refusals.py::TestAMailing::test_that_is_resumed_goes_on_past_the_same_count",
    ),
    guard(
        "refusals of many pause a mailing", "app/newsletter/refusals.py",
        "if refusals.are_many:", "if False:",
        "tests/newsletter/test_refusals.py::TestAMailing::test_is_paused_where_more_than_the_share_is_refused",
    ),
    guard(
        "a second header breaks the signature of a mail", "app/mail/dkim_signing.py",
        "for name in (*names, *FROZEN)]", "for name in names]",
        "tests/mail/test_dkim.py::TestANewsletter::test_is_not_verified_with_a_second_header",
    ),
    guard(
        "an import brings back no one who left", "app/newsletter/lists/judging.py",
        "if state in {SubscriberState.UNSUBSCRIBED, SubscriberState.BOUNCED}:", "if False:",
        f"{LISTS}test_brings_no_one_back_and_counts_each_line_once",
    ),
    guard(
        "an import brings back no one who was erased", "app/newsletter/lists/judging.py",
        "if key in erased and key not in here:", "if False:",
        f"{LISTS}test_brings_no_one_back_and_counts_each_line_once",
    ),
    guard(
        "a chunk of a list is taken once", "app/newsletter/lists/importing.py",
        "state=ListState.IMPORTING, done=run.done", "state=ListState.IMPORTING",
        f"{LISTS}test_goes_on_where_a_killed_worker_stopped",
    ),
    guard(
        "an export calculates nothing", "app/newsletter/lists/exporting.py",
        "if cell.startswith(CALCULATED) else cell", "if False else cell",
        "tests/newsletter/test_lists.py::TestAnExport::test_calculates_nothing_and_comes_back_as_it_was",
    ),
    guard(
        "an editor brings back no one who left", "app/newsletter/models/subscriber.py",
        "if refusal := REFUSALS.get(SubscriberState(subscriber.state)):", "if refusal := None:",
        "tests/studio/test_subscribers.py::TestAddingByHand::test_brings_no_one_back",
    ),
    guard(
        "nothing leaves while a mailing can be stopped", "app/newsletter/windows.py",
        "AND (send.starts_at IS NULL OR send.starts_at <= statement_timestamp())", "",
        f"{MAILINGS}TestTheTimeToStop::test_lets_nothing_leave_before_it_is_over",
    ),
    guard(
        "a pause of a reader is asked as each mail leaves", "app/newsletter/windows.py",
        "AND (reader.paused_until IS NULL OR reader.paused_until <= statement_timestamp())", "",
        "tests/newsletter/test_preferences.py::TestPreferences::test_a_pause_holds_for_what_is_on_its_way",
    ),
    guard(
        "a decision to mail no one holds", "app/newsletter/announcing.py",
        "if not choice.is_mailed:", "if False:",
        f"{MAILINGS}TestTheDecision::test_to_mail_no_one_mails_no_one",
    ),
    guard(
        "a mailing reaches its audience alone", "app/newsletter/announcing.py",
        "id = ANY(%(only)s))", "%(only)s IS NOT NULL)",
        f"{MAILINGS}TestAnAudience::test_is_a_tag_and_reaches_no_one_else",
    ),
    guard(
        "a copy in doubt is not sent a second time to who never got it", "app/newsletter/models/states.py",
        "SubmissionState.SENT, SubmissionState.UNKNOWN)", "SubmissionState.SENT)",
        f"{MAILINGS}TestAnAudience::test_never_leaves_out_who_got_it_or_may_have_got_it",
    ),
    guard(
        "record() refuses outside a transaction", f"{EFFECTS}/recording.py",
        "if connection.in_atomic_block:", "if True:",
        "tests/effects/test_recording.py::TestRecord::test_refuses_to_write_outside_a_transaction",
    ),
    guard(
        "rows are inserted in the transaction", f"{EFFECTS}/recording.py",
        "        return Owed()\n    return _insert(rows)",
        "        return Owed()\n    transaction.on_commit(lambda: _insert(rows))\n    return Owed()",
        f"{CRASH}TestADeathBetweenCommitAndBroker::test_leaves_what_was_owed_to_the_sweeper",
        f"{ORDER}TestALateCommit",
    ),
    guard(
        "gather() follows savepoints", f"{EFFECTS}/savepoints.py",
        "del each[size:]", "pass",
        "tests/effects/test_recording.py::TestGather::test_drops_what_a_savepoint_took_back",
    ),
    guard(
        "receivers ring after the commit", "tasks/receivers.py",
        "transaction.on_commit(owed.enqueue, robust=True)", "owed.enqueue()",
        "tests/proof/test_ringing.py",
    ),
    guard(
        "receivers ring at all", "tasks/receivers.py",
        "transaction.on_commit(owed.enqueue, robust=True)", "pass",
        "tests/proof/test_ringing.py",
    ),
    guard(
        "a dead broker is nobody's error", f"{EFFECTS}/waker.py",
        "except Exception as error:", "except ZeroDivisionError as error:",
        "tests/effects/test_waker.py::TestWaker::test_is_silent_for_a_while_after_a_failure_and_then_tries_again",
        "tests/proof/test_brokers.py::TestABrokerInTrouble",
    ),
    guard(
        "a host that is down is left alone", "app/social/host_backoff.py",
        "resting = breaker.rest(host)", "resting = None",
        "tests/social/test_storm.py::TestAHostThatIsDown",
    ),
    guard(
        "all wait at once for a host that is down", "app/social/host_backoff.py",
        "if breaker.puts_off_others(host):", "if False:",
        "tests/social/test_storm.py::TestAHostThatIsDown",
    ),
    guard(
        "what is owed to others does not wait", "app/social/host_backoff.py",
        "if account.host == host", "if account.pk",
        "tests/social/test_storm.py::TestAnotherHost",
    ),
    guard(
        "a mail server that is down is left alone", "app/newsletter/delivering.py",
        "if resting := breaker.rest(breaker.MAIL):", "if resting := None:",
        "tests/newsletter/test_outage.py::TestAMailServerThatIsDown",
    ),
    guard(
        "credentials stay with their origin", "app/outbound/http.py",
        "if _origin(onward) != _origin(target):", "if False:",
        "tests/outbound/test_redirects.py::TestARedirect::test_takes_credentials_along_on_its_origin_only",
    ),
    guard(
        "a send that does not balance is named", "app/audit/conservation.py",
        "if send.candidates != accounted:", "if False:",
        "tests/audit/test_conservation.py::TestTheCommand::test_names_a_reader_who_was_not_counted",
        "tests/studio/test_delivery_audit.py::TestThePage::test_names_what_does_not_balance",
    ),
    guard(
        "each hint has a uuid of its own", f"{EFFECTS}/celery.py",
        "uuid = str(uuid4())", 'uuid = "00000000-0000-4000-8000-000000000000"',
        "tests/effects/test_waker.py::TestPublisher::test_sends_names_and_ids_and_nothing_else",
    ),
    guard(
        "claim: compare and set", f"{EFFECTS}/claiming.py",
        "MAY_RUN = f\"state = 'ready'", 'MAY_RUN = f"finished_at IS NULL',
        f"{ORDER}TestTwoClaims::test_of_one_effect_give_it_to_the_first",
    ),
    guard(
        "claim: the attempt is counted first", f"{EFFECTS}/claiming.py",
        "attempt = attempt + 1", "attempt = attempt",
        f"{ORDER}TestAZombie::test_cannot_finish_what_another_took_over",
    ),
    guard(
        "fence: finish", f"{EFFECTS}/settling.py",
        "WHERE effects_effect.id = mine.id AND effects_effect.attempt = mine.attempt AND state",
        "WHERE effects_effect.id = mine.id AND state",
        f"{ORDER}TestAZombie::test_cannot_finish_what_another_took_over",
    ),
    guard(
        "fence: finish counts its rows", f"{EFFECTS}/settling.py",
        "if finished != len(claimed):", "if False:",
        f"{ORDER}TestAZombie::test_cannot_finish_what_another_took_over",
    ),
    guard(
        "fence: an atomic body runs only while the row is ours", f"{EFFECTS}/settling.py",
        "return [each for each in claimed if each.id in ours]", "return list(claimed)",
        f"{ORDER}TestAZombie::test_of_an_atomic_effect_does_not_even_begin",
    ),
    guard(
        "fence: wait", f"{EFFECTS}/retry.py",
        f"AS clock\nWHERE id = %s {OWN}", f"AS clock\nWHERE id = %s {ANYBODYS}",
        f"{ORDER}TestAZombie::test_cannot_fail_what_another_took_over",
    ),
    guard(
        "fence: bury", f"{EFFECTS}/dead_letters.py",
        f"outcome = %s, error = %s\nWHERE id = %s {OWN}", f"outcome = %s, error = %s\nWHERE id = %s {ANYBODYS}",
        f"{ORDER}TestAZombie::test_cannot_fail_what_another_took_over",
    ),
    guard(
        "put off: only what nobody has begun", f"{EFFECTS}/retry.py",
        "AND state = 'ready' ORDER BY id FOR UPDATE SKIP LOCKED", "ORDER BY id FOR UPDATE SKIP LOCKED",
        "tests/effects/test_running.py::TestPuttingOff::test_leaves_alone_what_runs_or_is_over",
    ),
    guard(
        "replay: attempts never go back", f"{EFFECTS}/dead_letters.py",
        "max_attempts = attempt + %s, rings", "attempt = 0, max_attempts = %s, rings",
        f"{ORDER}TestAReplay", f"{ORDER}TestAZombie::test_cannot_finish_what_was_buried_replayed_and_taken",
    ),
    guard(
        "replay: only the dead", f"{EFFECTS}/dead_letters.py",
        "WHERE id = ANY(%s) AND state IN ('dead', 'discarded')", "WHERE id = ANY(%s)",
        f"{ORDER}TestAReplay",
    ),
    guard(
        "lease: a dead worker's effects are taken over", f"{EFFECTS}/sweeping.py",
        "WHERE finished_at IS NULL AND wake_at <=", "WHERE finished_at IS NULL AND state <> 'running' AND wake_at <=",
        f"{ORDER}TestTwoSweepers::test_count_a_lost_lease_once", f"{CRASH}TestADeathAtWork",
    ),
    guard(
        "lease: lost ones count as tries", f"{EFFECTS}/sweeping.py",
        "state = 'running' AND attempt >= max_attempts", "false",
        f"{POISON}TestPoison::test_is_tried_as_often_as_allowed_and_then_dead",
    ),
    guard(
        "sweepers pass over what another holds", f"{EFFECTS}/sweeping.py",
        "FOR UPDATE SKIP LOCKED", "",
        f"{ORDER}TestTwoSweepers::test_ring_each_effect_once",
    ),
    guard(
        "what failed before is rung alone", f"{EFFECTS}/sweeping.py",
        "if attempt == 0 and not low)", "if not low)",
        f"{POISON}TestPoison::test_in_a_batch_costs_its_neighbours_one_try",
    ),
    guard(
        "an atomic effect is one transaction", f"{EFFECTS}/running.py",
        "    with transaction.atomic():\n        work.begin()", "    if True:\n        work.begin()",
        f"{CRASH}TestADeathAtWork::test_keeps_nothing_of_an_atomic_effect_and_the_next_attempt_does_it",
    ),
    guard(
        "a frozen worker's transaction is ended", f"{EFFECTS}/running.py",
        ", set_config('idle_in_transaction_session_timeout', %s, true)", ", %s",
        f"{POISON}TestAFrozenProcess::test_gives_its_row_back_and_undoes_its_work_when_it_thaws",
    ),
    guard(
        "a broken connection costs no second call", f"{EFFECTS}/running.py",
        "work.finish_outside(claimed)", "work.finish(claimed)",
        f"{NEIGHBOURS}TestABackendThatIsKilled::test_between_claim_and_finish_of_a_call_repeats_no_call",
    ),
    guard(
        "a lost answer costs no second call", f"{EFFECTS}/settling.py",
        "if not sql.value(IS_DONE, [claimed.id, claimed.attempt]):", "if True:",
        f"{MANY}TestALostConnection::test_that_hides_the_answer_repeats_no_call",
    ),
    guard(
        "a claim meets a broken connection", f"{EFFECTS}/claiming.py",
        "again_if_broken(lambda: _claim", "(lambda act: act())(lambda: _claim",
        f"{NEIGHBOURS}TestABackendThatIsKilled::test_at_the_first_statement_of_a_run_is_not_even_noticed",
    ),
    guard(
        "many in one hint: fence of the statement that claims the next", f"{EFFECTS}/claiming.py",
        "WHERE id = %(id)s AND attempt = %(attempt)s AND state = 'running' RETURNING id", "WHERE id = %(id)s RETURNING id",
        f"{MANY}TestEach::test_that_another_worker_took_over_is_lost_and_the_next_one_is_not",
    ),
    guard(
        "many in one hint: only what is ready is claimed with the end of another", f"{EFFECTS}/claiming.py",
        "WHERE id = %(next)s AND {MAY_RUN} FOR", "WHERE id = %(next)s FOR",
        f"{MANY}TestEach::test_is_done_once_though_the_hint_comes_three_times_and_at_once",
    ),
    guard(
        "many in one hint: the attempt is counted before the body", f"{EFFECTS}/work.py",
        "ids, self.rest = self.rest[: self.effect.batch], self.rest[self.effect.batch :]", "ids, self.rest = self.rest, []",
        f"{MANY}TestEach::test_is_claimed_and_counted_before_its_body_and_no_other_beside_it",
        f"{MANY}TestAKilledChild::test_leaves_one_attempt_counted_and_the_others_ready",
    ),
    guard(
        "many in one hint: what was taken back is not claimed", f"{EFFECTS}/work.py",
        "        self._uncommitted = []\n        if self._chains:", "        if self._chains:",
        f"{MANY}TestWhatIsNotCommitted",
    ),
    guard(
        "many in one hint: nothing new after half a second", f"{EFFECTS}/work.py",
        "return bool(self.rest) and time.monotonic() < self._until", "return bool(self.rest)",
        f"{MANY}TestTheRest",
    ),
    guard(
        "many in one hint: keys are claimed in turn", f"{EFFECTS}/work.py",
        "not (effect.key or effect.limits", "not (effect.limits",
        f"{MANY}TestTheRest::test_of_effects_with_a_key_is_claimed_in_turn",
    ),
    guard(
        "many in one hint: a killed child's rest is rung at once", f"{EFFECTS}/hint_request.py",
        "if len(ids) > 1:", "if False:",
        "tests/journeys/test_killed.py::TestAKilledChild",
    ),
    guard(
        "the key is the same for every attempt", f"{EFFECTS}/running.py",
        'return f"e{self.id}"', 'return f"e{self.id}.{self.attempt}"',
        f"{CRASH}TestADeathAtWork::test_repeats_an_external_effect_only_under_its_key",
    ),
    guard(
        "publish() expects what it changes", "app/blog/placement.py",
        "WHERE id = %(id)s AND {{expected}}", "WHERE id = %(id)s AND ({{expected}} OR true)",
        "tests/blog/test_publication.py::TestPublishing::test_twice_is_refused_with_its_own_error",
        "tests/blog/test_concurrency.py::TestAtOnce::test_twenty_publishers_publish_once",
    ),
    guard(
        "F(): likes", "app/blog/models/like.py",
        'like_count=F("like_count") + 1', "like_count=self.post.like_count + 1",
        "tests/proof/test_once.py::TestTwoReadersOfOnePage",
    ),
    guard(
        "F(): comments", "app/blog/models/comment.py",
        'comment_count=Greatest(F("comment_count") + by, 0)', "comment_count=max(self.post.comment_count + by, 0)",
        "tests/proof/test_once.py::TestTwoReadersOfOnePage",
    ),
    guard(
        "the index is written by one at a time", "app/search/index.py",
        'hold(*(f"search:{pk}" for pk in ids))', "pass",
        "tests/search/test_index.py::TestTwoWriters",
    ),
    guard(
        "the index is written only by a newer revision", "app/search/index.py",
        "WHERE search_document.revision < excluded.revision OR %(again)s", "WHERE %(again)s OR true",
        "tests/search/test_index.py::TestBatch::test_writes_no_document_twice_at_the_same_revision",
    ),
    guard(
        "feeds: a refresh that has begun serves no later post", f"{EFFECTS}/models.py",
        ".filter(state__in=[State.READY, State.WAITING], attempt=0)", "",
        "tests/feeds/test_following.py::TestArchive::test_owes_a_feed_again_once_its_refresh_has_begun",
    ),
    guard(
        "feeds: two who queue see each other", "app/feeds/following.py",
        "    hold(QUEUE)\n", "",
        "tests/feeds/test_following.py::TestTwoAtOnce",
    ),
    guard(
        "SMTP: after the dot it is a doubt", "app/mail/conversation.py",
        "raise Unknown from None", "raise",
        "tests/mail/test_transport.py::TestTroubleAfterTheDot::test_leaves_a_doubt",
    ),
    Guard(
        "mail: an orphan in `submitting` is not sent again",
        (
            Edit("app/mail/submission.py", "        row.doubt()\n", f"        {BACK.format('row')}\n"),
            Edit("app/newsletter/delivering.py", "else delivery.doubt()", "else " + BACK.format("delivery")),
        ),
        ("tests/newsletter/test_delivering.py::TestAfterTheDot::test_a_dead_sender_leaves_one_row_in_doubt",),
    ),
    guard(
        "journal: what was begun and not answered is in doubt", "app/newsletter/recovery.py",
        "delivery.doubt()", 'delivery.postpone("")',
        f"{KILLED}TestAJournal::test_tells_what_was_not_begun_what_was_answered_and_the_one_in_doubt",
    ),
    guard(
        "journal: a message is begun before its last dot", "app/mail/courier.py",
        "            begins()\n", "",
        f"{KILLED}TestAJournal::test_is_written_before_the_last_dot",
    ),
    guard(
        "journal: of a machine that stopped it is not whole", "app/mail/journal.py",
        "header == boot_id()", "True",
        f"{KILLED}TestAJournal::test_of_a_machine_that_stopped_leaves_its_window_in_doubt",
    ),
    guard(
        "journal: a living worker's is not read", "app/mail/journal.py",
        "BlockingIOError:\n                continue\n", "BlockingIOError:\n                pass\n",
        f"{KILLED}TestAJournal::test_of_a_worker_that_lives_is_left_alone",
    ),
    guard(
        "journal: it speaks for its own attempts", "app/newsletter/recovery.py",
        "journal=record.name, ", "",
        f"{KILLED}TestAJournal::test_does_not_speak_for_an_attempt_of_another",
    ),
    guard(
        "window: one of two takes a row", "app/newsletter/windows.py",
        "AND delivery.state || '' = 'pending'", "",
        f"{WINDOWS}test_is_taken_by_one_of_two",
    ),
    guard(
        "window: consent is asked as a row is taken", "app/newsletter/windows.py",
        "SELECT reader.state = %(confirmed)s AND", "SELECT %(confirmed)s IS NOT NULL AND",
        f"{WINDOWS}test_is_not_taken_of_a_reader_who_left",
    ),
    guard(
        "window: a late outcome closes no later attempt", "app/newsletter/windows.py",
        "AND delivery.attempts = outcome.attempt\n", "\n",
        f"{WINDOWS}test_is_not_closed_by_the_outcome_of_an_attempt_before",
    ),
    guard(
        "window: a pause is asked as a row is taken", "app/newsletter/windows.py",
        "SELECT send.paused_at IS NULL AND", "SELECT",
        f"{WINDOWS}test_is_not_taken_in_a_pause",
    ),
    guard(
        "mail: one of two takes a row", "app/mail/submission.py",
        "pending = self._still(SubmissionState.PENDING)", "pending = type(self)._default_manager.filter(pk=self.pk)",
        "tests/newsletter/test_delivering.py::TestAfterTheDot::test_only_one_of_two_takes_a_row",
    ),
    unique(
        "newsletter", "delivery", "delivery_once", "tests/proof/test_once.py",
        more=(Edit("app/newsletter/announcing.py", "ON CONFLICT (send_id, subscriber_id) DO NOTHING", ""),),
    ),
    unique("newsletter", "send", "send_once_a_round", "tests/proof/test_once.py"),
    guard(
        "mail: a round is asked for by its number", "app/newsletter/announcing.py",
        "if number != last.round + 1:", "if False:",
        "tests/newsletter/test_mailing_again.py::TestAMailingAskedFor",
    ),
    guard(
        "one of two workers gathers a digest", "app/notices/digest.py",
        "if notice.pk not in waiting:", "if False:",
        "tests/notices/test_digest.py::TestADigest::test_is_gathered_by_one_of_two_workers_that_read_two_waiting_notices_at_once",
    ),
    guard(
        "feeds hold what is public", "app/feeds/subjects.py",
        "Post.objects.listed()", "Post.objects",
        "tests/feeds/test_documents.py::TestFormats::test_hold_no_draft_no_planned_and_no_withdrawn_post",
    ),
    guard(
        "mail: only a mailbox that does not exist bounces a reader", "app/mail/errors.py",
        "self.final and self.status in NO_SUCH_MAILBOX", 'self.final and self.status.startswith("5.")',
        "tests/newsletter/test_delivering.py::TestBeforeTheDot::test_one_refused_reader_does_not_fail_the_others",
    ),
    guard(
        "only what is done is purged", f"{EFFECTS}/purging.py",
        "finished_at IS NOT NULL AND state = 'done' AND finished_at", "state <> 'dead' AND coalesce(finished_at, created_at)",
        "tests/effects/test_command.py",
    ),
    guard(
        "the claim honours a pause", f"{EFFECTS}/claiming.py",
        ' AND {sql.NOT_PAUSED}"', '"',
        f"{PAUSING}TestAPause::test_lets_nothing_begin_by_hint_by_sweeper_or_without_a_broker",
    ),
    guard(
        "the sweeper honours a pause", f"{EFFECTS}/sweeping.py",
        "CASE WHEN parked THEN 'paused' WHEN", "CASE WHEN",
        f"{PAUSING}TestAPause::test_lets_nothing_begin_by_hint_by_sweeper_or_without_a_broker",
    ),
    guard(
        "a resume waits for a sweeper", f"{EFFECTS}/sweeping.py",
        " FOR KEY SHARE OF pause\n)", "\n)",
        "tests/proof/test_pauses.py::TestAResume::test_finds_what_a_sweeper_puts_aside_at_that_moment",
    ),
    guard(
        "a resume waits for a pause", f"{EFFECTS}/pausing.py",
        " FOR KEY SHARE OF pause)", ")",
        "tests/proof/test_pauses.py::TestAResume::test_finds_what_the_pause_itself_puts_aside_at_that_moment",
    ),
    guard(
        "what is paused is not late", f"{EFFECTS}/models.py",
        "due_at__lte=Now()) & ~stopped & ~Q(state__in=PARKED)", "due_at__lte=Now())",
        f"{PAUSING}TestWhatIsPaused::test_is_planned_and_not_late",
    ),
    guard(
        "what is held is far away for every sweeper", f"{EFFECTS}/acting.py",
        "update(state=State.HELD, wake_at=NEVER, **kept)", "update(state=State.HELD, wake_at=Now(), **kept)",
        "tests/effects/test_holding.py::TestWhatIsHeld::test_does_not_run",
    ),
    guard(
        "the clock publishes no post that a person keeps back", "app/blog/planned.py",
        "Post.objects.exclude(pk__in=kept_back(now)).publish_due(now)", "Post.objects.publish_due(now)",
        "tests/effects/test_holding.py::TestAPlannedPost",
    ),
    guard(
        "an export is for the one who asked", "app/exporter/models.py",
        "return self.all() if user.is_superuser else self.filter(user=user)", "return self.all()",
        "tests/studio/test_exports.py::TestAnExport::test_is_for_the_one_who_asked_and_superusers",
    ),
    guard(
        "a restored copy holds what was owed", "app/backup/loading.py",
        "QUIET.read_bytes() + ", "",
        f"{RESTORE}TestARestoredCopy::test_holds_what_was_owed_until_it_is_released",
    ),
    guard(
        "a restored copy publishes no plan that was missed", "app/blog/planned.py",
        "Post.objects.filter(pk=post_id).exclude(pk__in=missed(now)).publish_due(now)",
        "Post.objects.filter(pk=post_id).publish_due(now)",
        f"{RESTORE}TestARestoredCopy::test_holds_what_was_owed_until_it_is_released",
    ),
    guard(
        "a damaged backup is refused before anything changes", "app/backup/checking.py",
        "if wanted != here:", "if False:",
        f"{RESTORE}TestTheCommand::test_refuses_a_file_that_is_not_whole_and_changes_nothing",
    ),
    guard(
        "what finds no slot is not claimed", f"{EFFECTS}/limits.py",
        "if full and _on.get():", "if False:",
        f"{LIMITS}TestAtMost::test_lets_no_more_begin_than_it_says", f"{LIMITS}TestARate",
    ),
    guard(
        "a rate counts until a period after the end", f"{EFFECTS}/limits.py",
        "GIVE_BACK, [limit.period,", "GIVE_BACK, [0.0,",
        f"{LIMITS}TestARate::test_counts_until_a_period_after_the_end",
    ),
    guard(
        "two claims of one limit take turns", f"{EFFECTS}/limits.py",
        "    sql.hold(*names)\n", "",
        "tests/proof/test_rates.py::TestTwoClaims",
    ),
    guard(
        "the slot of a dead worker is free after its lease, not before", f"{EFFECTS}/limits.py",
        "effect.lease + limit.period", "limit.period",
        f"{LIMITS}TestAtMost::test_gives_the_slot_of_a_dead_worker_back_after_its_lease",
    ),
    guard(
        "a verb reaches only what the filter shows", f"{EFFECTS}/acting.py",
        "filter.effects().filter(self.takes,", "Effect.objects.filter(self.takes,",
        f"{ACTING}TestThoseThatAFilterShows::test_are_discarded_and_no_other",
    ),
    guard(
        "a verb leaves what changed since it was counted", f"{EFFECTS}/filters.py",
        "if moment else Q()", "if False else Q()",
        f"{ACTING}TestThoseThatAFilterShows::test_are_not_those_that_came_to_it_afterwards",
    ),
    guard(
        "what has begun is not cancelled", f"{EFFECTS}/acting.py",
        ".filter(self.takes, pk__in=ids)", ".filter(pk__in=ids)",
        f"{ACTING}TestEachVerb::test_cancel_leaves_what_has_begun",
    ),
    guard(
        "copies of a discarded mailing are closed", "app/newsletter/apps.py",
        'import_module("app.newsletter.discards").connect()', "pass",
        "tests/studio/test_effect_actions.py::TestADiscardedMailing",
    ),
    guard(
        "then: the end of an effect is counted", f"{EFFECTS}/settling.py",
        "counting.settled(each.member_of for each in claimed)", "pass",
        f"{SETS}TestASet::test_owes_what_follows_when_all_are_done_and_once",
    ),
    guard(
        "then: counted with the claim of the next", f"{EFFECTS}/claiming.py",
        "counting.settled([claimed.member_of])", "pass",
        f"{SETS_AT_ONCE}TestAHint",
    ),
    guard(
        "then: counted in the transaction of the end", f"{EFFECTS}/settling.py",
        "with transaction.atomic() if any(each.member_of for each in claimed) else nullcontext():", "with nullcontext():",
        f"{SETS_AT_ONCE}TestADeath",
    ),
    guard(
        "then: counted in the transaction that claims the next", f"{EFFECTS}/claiming.py",
        "with transaction.atomic() if claimed.member_of else nullcontext():", "with nullcontext():",
        f"{SETS_AT_ONCE}TestADeath",
    ),
    guard(
        "then: what gave up is counted", f"{EFFECTS}/dead_letters.py",
        "counting.settled([claimed.member_of])", "pass",
        f"{SETS}TestAMember::test_that_gave_up_or_ran_out_of_tries_is_settled",
    ),
    guard(
        "then: what the sweeper buries is counted", f"{EFFECTS}/sweeping.py",
        "WHERE state = 'dead' AND member_of IS NOT NULL", "WHERE state = 'dead' AND member_of IS NULL",
        f"{SETS}TestAMember::test_whose_worker_died_at_its_last_try_is_settled_by_the_sweeper",
    ),
    guard(
        "then: what is discarded is counted", f"{EFFECTS}/acting.py",
        "counting.settled(sets)", "pass",
        f"{SETS}TestAMember::test_that_a_person_cancels_is_settled",
    ),
    guard(
        "then: what is dead and discarded counts once", f"{EFFECTS}/acting.py",
        "Effect.objects.filter(pk__in=ids, finished_at=None).values_list", "Effect.objects.filter(pk__in=ids).values_list",
        f"{SETS}TestAMember::test_that_is_dead_and_then_discarded_counts_once",
    ),
    guard(
        "then: what is retried is waited for", f"{EFFECTS}/dead_letters.py",
        "counting.owed_again(sets)", "pass",
        f"{SETS}TestAMember::test_that_is_retried_before_the_set_is_complete_is_waited_for",
    ),
    guard(
        "then: what follows is owed once", f"{EFFECTS}/counting.py",
        "effects_set.owed_at IS NULL", "true",
        f"{SETS}TestAMember::test_that_is_retried_after_it_changes_nothing",
    ),
    guard(
        "then: two that end the last two both count", f"{EFFECTS}/counting.py",
        "ORDER BY effects_set.id FOR UPDATE OF effects_set", "ORDER BY effects_set.id FOR UPDATE OF effects_set SKIP LOCKED",
        f"{SETS_AT_ONCE}TestTheLastTwo",
    ),
    guard(
        "then: sets are locked in one order", f"{EFFECTS}/counting.py",
        "ORDER BY effects_set.id FOR UPDATE OF effects_set", "ORDER BY -effects_set.id FOR UPDATE OF effects_set",
        f"{SETS_AT_ONCE}TestTwoBatches",
    ),
    guard(
        "then: gather() merges no member", f"{EFFECTS}/recording.py",
        "if then is not None:", "if then is not None and _gathering.get() is None:",
        f"{SETS}TestASet::test_counts_in_gather_each_call_even_of_one_subject",
    ),
    guard(
        "then: a recount waits for who is counting", f"{EFFECTS}/counting.py",
        "ORDER BY id LIMIT 100 FOR UPDATE SKIP LOCKED", "ORDER BY id LIMIT 100",
        f"{SETS_AT_ONCE}TestARecount",
    ),
    guard(
        "priority: the urgent goes first", f"{EFFECTS}/urgency.py",
        "for urgent, pk in _ahead(effect, ids):", "for urgent, pk in ():",
        f"{PRIORITY}TestAHint::test_runs_what_is_urgent_in_its_queue_before_what_it_names",
    ),
    guard(
        "priority: poison runs alone", f"{EFFECTS}/urgency.py",
        "AND attempt = 0 AND {sql.NOT_PAUSED}", "AND {sql.NOT_PAUSED}",
        f"{PRIORITY}TestAHint::test_leaves_what_has_failed_before_to_its_own_hint",
    ),
    guard(
        "priority: no effect under limits that are not its own", f"{EFFECTS}/urgency.py",
        "urgent.timeout <= effect.timeout and effect.soft_limit + GRACE < urgent.lease", "True",
        f"{PRIORITY}TestAHint::test_leaves_what_has_limits_that_do_not_fit",
    ),
    guard(
        "priority: nothing starves", f"{EFFECTS}/urgency.py",
        "_passed_over.add(effect.queue)", "pass",
        f"{PRIORITY}TestAHint::test_that_has_no_time_left_is_rung_again_and_the_next_runs_what_it_names",
    ),
    guard(
        "priority: nothing new after half a second", f"{EFFECTS}/urgency.py",
        "if time.monotonic() >= until:", "if False:",
        f"{PRIORITY}TestAHint::test_that_has_no_time_left_is_rung_again_and_the_next_runs_what_it_names",
    ),
    guard(
        "priority: the low is not forgotten", f"{EFFECTS}/sweeping.py",
        "priority < 0 AND {YOUNG} AS low", "priority < 0 AS low",
        f"{PRIORITY}TestTheSweeper::test_forgets_that_one_is_low_after_five_minutes",
    ),
    guard(
        "priority: an empty look is not repeated", f"{EFFECTS}/urgency.py",
        "_quiet[effect.queue] = time.monotonic() + QUIET", "pass",
        f"{PRIORITY}TestAHint::test_asks_once_in_a_second_where_nothing_is_urgent",
    ),
    guard(
        "a notice whose mail is discarded is closed", "app/notices/apps.py",
        'import_module("app.notices.discards").connect()', "pass",
        "tests/notices/test_discards.py::TestADiscardedNotice",
    ),
    guard(
        "a share that is discarded is closed", "app/social/apps.py",
        'import_module("app.social.discards").connect()', "pass",
        "tests/social/test_discards.py::TestADiscardedShare",
    ),
    guard(
        "what another effect still shares is not closed", "app/social/discards.py",
        "if str(pk) not in owed_still", "if True",
        "tests/social/test_discards.py::TestADiscardedShare::test_leaves_a_row_to_another_effect_that_is_owed",
    ),
    guard(
        "a message that is taken does not end the worker", f"{EFFECTS}/worker.py",
        "channel.do_restore = False", "pass",
        "tests/journeys/test_killed.py::TestAnEmptiedBroker::test_comes_back_to_a_worker_that_lived_on",
    ),
    guard(
        "a deaf worker does not sweep", f"{EFFECTS}/worker.py",
        "if self._is_deaf():", "if False:",
        "tests/effects/test_listening.py::TestAWorker::test_that_is_deaf_leaves_it_to_others_until_it_hears",
    ),
    guard(
        "a worker that hangs in a silent connection ends", f"{EFFECTS}/worker.py",
        'threading.Thread(target=end_if_stuck, name="owed-end", daemon=True).start()', "pass",
        "tests/journeys/test_silent_broker.py::TestConnectionsThatGoSilent::test_are_named_and_keep_no_worker_from_ending_in_its_grace",
    ),
    unique("notices", "notice", "notice_once", "tests/proof/test_once.py", "tests/notices/test_notices.py::TestTheTable"),
    unique(
        "social", "socialpost", "social_post_once", "tests/proof/test_once.py",
        "tests/social/test_sharing.py::TestSharing::test_is_a_row_that_the_database_keeps_single",
    ),
    unique("blog", "like", "like_once", "tests/blog/test_concurrency.py::TestAtOnce::test_twenty_likes_of_one_user_are_one"),
    guard(
        "a time is taken under the row's lock", f"{EFFECTS}/schedules.py",
        "Schedule.objects.select_for_update()", "Schedule.objects.all()",
        "tests/effects/test_schedules.py::TestOneTime::test_is_taken_by_one_of_two_schedulers",
    ),
    Guard(
        "a schedule goes forward", (Drop("owed", "effects_schedule", "schedule_goes_forward"),),
        ("tests/effects/test_schedules.py::TestOneTime::test_never_comes_again",),
    ),
    Guard(
        "a minute is counted once", (Drop("owed", "effects_figures", "figures_once"),),
        ("tests/effects/test_figures.py::TestRollUp::test_counts_nothing_twice",),
    ),
    Guard("unique: tick_once", (Drop("owed", "effects_tick", "tick_once"),), (f"{ORDER}TestTwoSchedulers",)),
]  # fmt: skip
