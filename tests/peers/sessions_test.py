"""Several sessions in a sequence, notifications, listing and deletion."""

import datetime

from mosaicolabs import Floating64, SessionLevelErrorPolicy, SessionStatus

from client_case import ClientCase, action
from writing_test import Mishap, numbers


class Updates(ClientCase):
    def setUp(self) -> None:
        super().setUp()
        self.write(self.name, {"first": numbers(2)})

    def test_a_later_session_adds_topics(self) -> None:
        with self.client.sequence_update(self.name) as update:
            self.write_topic(update, "second", numbers(3))
            self.assertEqual(SessionStatus.Pending, update.session_status)
        self.assertEqual(SessionStatus.Finalized, update.session_status)
        handler = self.handler(self.name)
        self.assertEqual(["/first", "/second"], sorted(handler.topics))
        self.assertEqual([True, True], [session.locked for session in handler.sessions])
        self.assertEqual(2, len({session.locator for session in handler.sessions}))
        self.assertEqual(2, len(handler.updated_timestamps))
        self.assertEqual(5, len(self.times(self.name)))

    def test_the_handler_updates_too(self) -> None:
        with self.handler(self.name).update() as update:
            self.write_topic(update, "second", numbers(1))
        self.assertEqual(["/first", "/second"], sorted(self.handler(self.name).topics))

    def test_a_handler_reloads(self) -> None:
        handler = self.handler(self.name)
        with handler.update() as update:
            self.write_topic(update, "second", numbers(1))
        self.assertTrue(handler.reload())
        self.assertEqual(["/first", "/second"], sorted(handler.topics))

    def test_sessions_may_be_open_at_once(self) -> None:
        with self.client.sequence_update(self.name) as one:
            with self.connect().sequence_update(self.name) as other:
                self.write_topic(one, "one", numbers(1))
                self.write_topic(other, "other", numbers(1))
            sessions = self.handler(self.name).sessions
            locks = {session.locator: session.locked for session in sessions}
            self.assertEqual((False, True),
                             (locks[one.session_locator], locks[other.session_locator]))
        self.assertEqual(["/first", "/one", "/other"], sorted(self.handler(self.name).topics))

    def test_an_exception_reports_the_session(self) -> None:
        with self.assertRaisesRegex(Mishap, "no coffee"):
            with self.client.sequence_update(self.name) as update:
                self.write_topic(update, "second", numbers(1))
                raise Mishap("no coffee")
        note, = self.client.list_sequence_notifications(self.name)
        self.assertIn("no coffee", note.message)
        self.assertEqual(["/first", "/second"], sorted(self.handler(self.name).topics))

    def test_an_exception_deletes_only_the_session(self) -> None:
        with self.assertRaises(Mishap):
            with self.client.sequence_update(
                    self.name, on_error=SessionLevelErrorPolicy.Delete) as update:
                self.write_topic(update, "second", numbers(1))
                raise Mishap
        self.assertEqual(["/first"], self.handler(self.name).topics)
        self.assertEqual([("/first", 0), ("/first", 1)], self.times(self.name))

    def test_a_session_is_deleted(self) -> None:
        with self.client.sequence_update(self.name) as update:
            self.write_topic(update, "second", numbers(1))
        self.client.session_delete(update.session_locator)
        self.assertEqual(["/first"], self.handler(self.name).topics)
        self.assertEqual(1, len(self.handler(self.name).sessions))

    def test_nothing_updates_what_does_not_exist(self) -> None:
        with self.assertRaises(Exception):
            with self.client.sequence_update("nobody_made_this"):
                self.fail("it does not exist")


class Notifications(ClientCase):
    """The published clients make them when something fails; here they are made by hand."""

    def test_they_come_back_and_are_cleared(self) -> None:
        before = datetime.datetime.now(datetime.timezone.utc)
        self.write(self.name, {"deep/topic": numbers(1)})
        flight = self.flight_client()
        texts = ["first", "zweitens ✓\n\"quoted\"", "x" * 10_000]
        for text in texts:
            action(flight, "sequence_notification_create", locator=self.name,
                   notification_type="error", msg=text)
            action(flight, "topic_notification_create", locator=f"{self.name}/deep/topic",
                   notification_type="error", msg=text[::-1])
        notes = self.client.list_sequence_notifications(self.name)
        self.assertEqual(texts, [note.message for note in notes])
        self.assertEqual({(self.name, None, "error")},
                         {(n.sequence_name, n.topic_name, n.type.value) for n in notes})
        after = datetime.datetime.now(datetime.timezone.utc)
        self.assertTrue(all(before <= note.created_datetime <= after for note in notes))
        topic_notes = self.client.list_topic_notifications(self.name, "deep/topic")
        self.assertEqual([text[::-1] for text in texts], [note.message for note in topic_notes])
        self.assertEqual({"/deep/topic"}, {note.topic_name for note in topic_notes})

        self.client.clear_topic_notifications(self.name, "deep/topic")
        self.assertEqual([], self.client.list_topic_notifications(self.name, "deep/topic"))
        self.assertEqual(3, len(self.client.list_sequence_notifications(self.name)))
        self.client.clear_sequence_notifications(self.name)
        self.assertEqual([], self.client.list_sequence_notifications(self.name))


class Listing(ClientCase):
    def test_every_sequence_is_listed_once(self) -> None:
        names = [f"{self.name}_{i}" for i in range(5)]
        for name in names:
            self.write(name, {"t": numbers(1)})
        listed = self.client.list_sequences()
        self.assertEqual(names, sorted(name for name in listed if name.startswith(self.name)))
        self.assertEqual(len(listed), len(set(listed)))

    def test_a_pending_one_is_listed_too(self) -> None:
        with self.client.sequence_create(self.name, {}) as sequence:
            self.assertIn(self.name, self.client.list_sequences())
            self.write_topic(sequence, "t", numbers(1))

    def test_what_exists_and_what_does_not(self) -> None:
        self.write(self.name, {"a/b": numbers(1)})
        self.assertTrue(self.client.sequence_exists(self.name))
        self.assertTrue(self.client.topic_exists(self.name, "a/b"))
        self.assertTrue(self.client.topic_exists(self.name, "/a/b"))
        for topic in ("a", "b", "a/b/c", "A/b"):
            self.assertFalse(self.client.topic_exists(self.name, topic), topic)
            self.assertIsNone(self.client.topic_handler(self.name, topic), topic)
        self.assertFalse(self.client.sequence_exists(self.name.upper()))
        self.assertIsNone(self.client.sequence_handler(self.name.upper()))


class Deleting(ClientCase):
    """The server of the tests runs with --allow-delete-finalized, as published clients expect."""

    def test_a_finalized_sequence_goes(self) -> None:
        self.write(self.name, {"t": numbers(1)})
        self.client.sequence_delete(self.name)
        self.assertFalse(self.client.sequence_exists(self.name))
        self.assertIsNone(self.client.sequence_handler(self.name))
        self.assertNotIn(self.name, self.client.list_sequences())
        with self.assertRaises(Exception):
            self.client.sequence_delete(self.name)

    def test_a_handler_forgets_what_was_deleted(self) -> None:
        self.write(self.name, {"t": numbers(1)})
        self.assertEqual(1, len(self.times(self.name)))
        self.client.sequence_delete(self.name)
        self.write(self.name, {"u": [(7, Floating64(data=1))]})
        self.assertEqual([("/u", 7)], self.times(self.name))

    def test_without_the_option_finalized_data_is_protected(self) -> None:
        server = self.start_server()
        client = self.connect(server)
        self.write(self.name, {"t": numbers(1)}, client)
        with self.assertRaisesRegex(Exception, self.name):
            client.sequence_delete(self.name)
        session, = self.handler(self.name, client).sessions
        with self.assertRaises(Exception):
            client.session_delete(session.locator)
        self.assertEqual(["/t"], self.handler(self.name, client).topics)
        with self.assertRaises(Mishap):  # The Delete policy works all the same.
            with client.sequence_create("other", {}, SessionLevelErrorPolicy.Delete) as sequence:
                self.write_topic(sequence, "t", numbers(1))
                raise Mishap
        self.assertEqual([self.name], client.list_sequences())
