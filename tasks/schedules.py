"""What runs by the clock, and when unless an operator changes it (Studio, Effects, Schedules)."""

from owed import schedule
from tasks import email, media, search, stats, upkeep

schedule(upkeep.publish_due.si(), every=60, why="publish what is due")
schedule(upkeep.roll_up.si(), every=60, why="count what came in and went out")
schedule(upkeep.raise_alarms.si(), every=300, why="notify operators of what failed or is late")
schedule(upkeep.read_bounces.si(), every=120, why="read the mailbox of bounces")
schedule(upkeep.prove.si(), every=900, why="prove recent deliveries")
schedule(email.make_digests.si(), every=300, why="make the digests that are due")
schedule(search.catch_up.si(), every=300, why="write documents of the release before again")
schedule(upkeep.purge_effects.si(), cron="5 * * * *", why="remove old effects")
schedule(upkeep.purge_results.si(), cron="35 * * * *", why="remove old results")
schedule(media.catch_up.si(), cron="15 * * * *", why="draw variants of older pictures")
schedule(stats.count_recent.si(), cron="2 * * * *", why="count the day for the statistics")
# At night, and one after the other: each may read a whole table.
schedule(stats.forget.si(), cron="10 3 * * *", why="forget old figures")
schedule(upkeep.forget_history.si(), cron="20 3 * * *", why="remove old deliveries, notices and shares")
schedule(upkeep.clear_sessions.si(), cron="30 3 * * *", why="clear old sessions")
schedule(upkeep.clear_imports.si(), cron="40 3 * * *", why="remove old uploads")
schedule(upkeep.forget_addresses.si(), cron="50 3 * * *", why="forget old addresses")
schedule(media.sweep.si(), cron="0 4 * * *", why="remove files of no picture")
schedule(search.recount.si(), cron="10 4 * * *", why="forget words that no post has")
