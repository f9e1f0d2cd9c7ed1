"""Writing: names, metadata, batches, what is refused, and what an exception leaves behind."""

import unittest

from mosaicolabs import (Floating64, Image, ImageFormat, Message, SequenceStatus,
                         SessionLevelErrorPolicy, String, TopicLevelErrorPolicy, TopicWriterStatus)

from client_case import CLIENT_VERSION, ClientCase


class Mishap(Exception):
    """What goes wrong in the user's own code."""


class Writing(ClientCase):
    def test_a_block_that_ends_well_finalizes(self) -> None:
        with self.client.sequence_create(self.name, {"a": 1}) as sequence:
            self.write_topic(sequence, "t", numbers(3))
            self.assertEqual(SequenceStatus.Pending, sequence.status)
        self.assertEqual(SequenceStatus.Finalized, sequence.status)
        session, = self.handler(self.name).sessions
        self.assertTrue(session.locked)
        self.assertTrue(self.handler(self.name).get_topic_handler("/t").locked)

    def test_a_name_is_taken_once(self) -> None:
        self.write(self.name, {"t": numbers(1)})
        with self.assertRaisesRegex(Exception, self.name):
            with self.client.sequence_create(self.name, {}):
                self.fail("it exists")
        self.assertEqual([("/t", 0)], self.times(self.name))

    def test_a_topic_is_taken_once(self) -> None:
        with self.client.sequence_create(self.name, {}) as sequence:
            self.write_topic(sequence, "t", numbers(1))
            with self.client.sequence_update(self.name) as update:
                self.assertIsNone(update.topic_create("t", {}, Floating64))
                self.write_topic(update, "u", numbers(1))
        self.assertEqual(["/t", "/u"], sorted(self.handler(self.name).topics))

    def test_writers_know_their_topics(self) -> None:
        with self.client.sequence_create(self.name, {}) as sequence:
            writer = self.write_topic(sequence, "deep/er/topic", numbers(1))
            self.assertTrue(sequence.topic_writer_exists("deep/er/topic"))
            self.assertIs(writer, sequence.get_topic_writer("deep/er/topic"))
            self.assertEqual(["deep/er/topic"], sequence.list_topic_writers())
            self.assertEqual((True, "deep/er/topic"), (writer.is_active, writer.name))
            self.assertTrue(sequence.session_locator.startswith(self.name + ":"))
        self.assertFalse(writer.is_active)
        self.assertEqual(TopicWriterStatus.Finalized, writer.status)

    def test_metadata_comes_back_exactly(self) -> None:
        metadata = {"text": "ünï ✓ \"quoted\" \\", "whole": 2**53 + 1, "number": 0.1, "yes": True,
                    "nothing": None, "list": [1, {"deep": [2.5, "x"]}], "a key": {"b-c_d": {}},
                    "long": "x" * 100_000}
        self.write(self.name, {"t": numbers(1)}, metadata=metadata, topic_metadata={"t": metadata})
        handler = self.handler(self.name)
        self.assertEqual(metadata, handler.user_metadata)
        self.assertEqual(metadata, handler.get_topic_handler("/t").user_metadata)

    def test_a_topic_without_messages_is_there(self) -> None:
        with self.client.sequence_create(self.name, {}) as sequence:
            self.write_topic(sequence, "full", numbers(2))
            sequence.topic_create("empty", {}, String)
        handler = self.handler(self.name)
        self.assertEqual(["/empty", "/full"], sorted(handler.topics))
        empty = handler.get_topic_handler("/empty")
        self.assertEqual((None, None), (empty.timestamp_ns_min, empty.timestamp_ns_max))
        self.assertEqual([("/full", 0), ("/full", 1)], self.times(self.name))

    def test_a_session_without_topics_cannot_end(self) -> None:
        with self.assertRaises(Exception):
            with self.client.sequence_create(self.name, {}):
                pass
        self.assertTrue(self.client.sequence_exists(self.name))

    def test_many_batches_arrive_whole(self) -> None:
        blob = "x" * 100_000
        self.write(self.name, {"t": ((t, String(data=f"{t}{blob}")) for t in range(250))})
        stream = self.handler(self.name).get_data_streamer()
        self.assertEqual([f"{t}{blob}" for t in range(250)],
                         [message.get_data(String).data for _, message in stream])

    @unittest.skipIf(CLIENT_VERSION >= (0, 7), "of 0.6")
    def test_batches_of_the_users_choice(self) -> None:
        for limit in ({"max_batch_size_records": 3}, {"max_batch_size_bytes": 500}):
            name = f"{self.name}_{'_'.join(limit)}"
            with self.client.sequence_create(name, {}, **limit) as sequence:
                self.write_topic(sequence, "t", numbers(50))
            self.assertEqual([("/t", t) for t in range(50)], self.times(name))

    def test_a_large_picture_arrives(self) -> None:
        pixels = bytes(range(256)) * (3000 * 1500 * 3 // 256)  # 13.5 MB in one record.
        image = Image(data=pixels, format=ImageFormat.RAW, width=3000, height=1500, stride=9000,
                      encoding="rgb8")
        self.write(self.name, {"camera": [(1, image)]})
        (_, message), = self.handler(self.name).get_data_streamer()
        self.assertEqual(pixels, message.get_data(Image).data)

    def test_a_record_beyond_the_limit_is_left_out_and_the_topic_goes_on(self) -> None:
        with self.client.sequence_create(self.name, {}) as sequence:
            writer = sequence.topic_create("t", {}, String)
            for t, text in enumerate(("before", "x" * (20 << 20), "after")):
                writer.push(Message(timestamp_ns=t, data=String(data=text)))
        stream = self.handler(self.name).get_data_streamer()
        self.assertEqual(["before", "after"], [m.get_data(String).data for _, m in stream])
        if CLIENT_VERSION >= (0, 7):
            self.assertEqual(1, writer.dropped_record_count)
            note, = self.client.list_topic_notifications(self.name, "t")
            self.assertIn("dropped", note.message.lower())

    def test_a_hundred_topics_at_once(self) -> None:
        with self.client.sequence_create(self.name, {}) as sequence:
            writers = [sequence.topic_create(f"t{i}", {}, Floating64) for i in range(100)]
            for t in range(20):
                for writer in writers:
                    writer.push(Message(timestamp_ns=t, data=Floating64(data=t)))
        self.assertEqual(2000, len(self.times(self.name)))


class Report(ClientCase):
    """The policy by default: what went wrong is told, and what had arrived is kept."""

    def test_an_exception_is_reported_and_the_rows_stay(self) -> None:
        with self.assertRaisesRegex(Mishap, "no coffee"):
            with self.client.sequence_create(self.name, {}) as sequence:
                writer = sequence.topic_create("t", {}, String)
                # More than a batch holds, so that some of it was sent before the exception.
                for t in range(20):
                    writer.push(Message(timestamp_ns=t, data=String(data="x" * (1 << 20))))
                raise Mishap("no coffee")
        note, = self.client.list_sequence_notifications(self.name)
        self.assertIn("no coffee", note.message)
        topic_note, = self.client.list_topic_notifications(self.name, "t")
        self.assertEqual(("/t", "no coffee"), (topic_note.topic_name, topic_note.message))
        times = self.times(self.name)
        self.assertEqual([("/t", t) for t in range(len(times))], times)
        self.assertGreater(len(times), 0)

    def test_what_was_reported_can_be_deleted(self) -> None:
        with self.assertRaises(Mishap):
            with self.client.sequence_create(self.name, {}) as sequence:
                self.write_topic(sequence, "t", numbers(1))
                raise Mishap
        self.client.sequence_delete(self.name)
        self.assertFalse(self.client.sequence_exists(self.name))


class Delete(ClientCase):
    """The other policy: nothing is left."""

    def test_an_exception_leaves_nothing(self) -> None:
        with self.assertRaisesRegex(Mishap, "no coffee"):
            with self.client.sequence_create(
                    self.name, {}, on_error=SessionLevelErrorPolicy.Delete) as sequence:
                writer = sequence.topic_create("t", {}, String)
                for t in range(20):
                    writer.push(Message(timestamp_ns=t, data=String(data="x" * (1 << 20))))
                raise Mishap("no coffee")
        self.assertFalse(self.client.sequence_exists(self.name))
        self.assertNotIn(self.name, self.client.list_sequences())
        self.write(self.name, {"t": numbers(1)})  # The name is free again.

    def test_the_exception_before_any_topic_leaves_nothing(self) -> None:
        with self.assertRaises(Mishap):
            with self.client.sequence_create(
                    self.name, {}, on_error=SessionLevelErrorPolicy.Delete):
                raise Mishap
        self.assertFalse(self.client.sequence_exists(self.name))


class TopicPolicies(ClientCase):
    """A topic's own block: an exception in it is raised, ignored, or ends the topic."""

    def write_with(self, policy: TopicLevelErrorPolicy) -> TopicWriterStatus:
        with self.client.sequence_create(self.name, {}) as sequence:
            self.write_topic(sequence, "healthy", numbers(2))
            with sequence.topic_create("t", {}, Floating64, on_error=policy) as writer:
                writer.push(Message(timestamp_ns=0, data=Floating64(data=0)))
                raise Mishap("bad value")
            return writer.status

    def test_raise_goes_on_to_the_session(self) -> None:
        with self.assertRaisesRegex(Mishap, "bad value"):
            self.write_with(TopicLevelErrorPolicy.Raise)
        self.assertEqual(1, len(self.client.list_sequence_notifications(self.name)))

    def test_ignore_tells_and_goes_on(self) -> None:
        self.assertEqual(TopicWriterStatus.IgnoredLastError,
                         self.write_with(TopicLevelErrorPolicy.Ignore))
        self.assertEqual(["bad value"], self.topic_messages())
        self.assertEqual([], self.client.list_sequence_notifications(self.name))
        self.assertIn(("/t", 0), self.times(self.name))

    def test_finalize_tells_and_ends_the_topic(self) -> None:
        self.assertEqual(TopicWriterStatus.FinalizedWithError,
                         self.write_with(TopicLevelErrorPolicy.Finalize))
        self.assertEqual(["bad value"], self.topic_messages())
        self.assertEqual([("/healthy", 0), ("/healthy", 1)], self.times(self.name))

    def topic_messages(self) -> list[str]:
        return [note.message for note in self.client.list_topic_notifications(self.name, "t")]


def numbers(count: int) -> list[tuple[int, Floating64]]:
    return [(t, Floating64(data=t / 8)) for t in range(count)]


