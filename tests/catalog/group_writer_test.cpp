#include "catalog/sqlite/group_writer.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <future>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "support/status_matchers.hpp"
#include "support/temporary_directory.hpp"

namespace mosaico::catalog::sqlite {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr int kBusyTimeoutMs = 10'000;

class GroupWriterTest : public testing::Test {
 protected:
  void SetUp() override { make(GroupWriter::Options{}); }

  void make(GroupWriter::Options options) {
    auto database = open(Access::ReadWrite);
    ASSERT_THAT(database->execute_script(
                    "CREATE TABLE IF NOT EXISTS owner (id INTEGER PRIMARY KEY);"
                    "CREATE TABLE IF NOT EXISTS note (text TEXT UNIQUE, owner_id INTEGER "
                    "REFERENCES owner (id) DEFERRABLE INITIALLY DEFERRED)"),
                IsOk());
    writer_ = std::make_unique<GroupWriter>(std::move(database), options);
  }

  std::unique_ptr<Database> open(Access access) const {
    return core::value_or_throw(
        Database::open(directory_.path() / "notes.sqlite", access, kBusyTimeoutMs));
  }

  // What another connection sees.
  std::vector<std::string> notes() const {
    const auto database = open(Access::ReadOnly);
    auto rows = core::value_or_throw(database->query("SELECT text FROM note ORDER BY rowid"));
    std::vector<std::string> texts;
    while (core::value_or_throw(rows.step())) texts.push_back(rows.bytes(0));
    return texts;
  }

  static GroupWriter::Work insert(const std::string& text) {
    return [text](Database* database) {
      return database->execute("INSERT INTO note (text) VALUES (?)", text).status();
    };
  }

  // The works run after another that waits until all of them do, in this order; their results.
  std::vector<std::future<Status>> write_together(const std::vector<GroupWriter::Work>& works) {
    std::promise<void> begun;
    std::promise<void> all_wait;
    auto first = std::async(std::launch::async, [&] {
      return writer_->write([&](Database* database) {
        begun.set_value();
        all_wait.get_future().wait();
        return insert("first")(database);
      });
    });
    begun.get_future().wait();
    std::vector<std::future<Status>> results;
    for (const GroupWriter::Work& work : works) {
      results.push_back(std::async(std::launch::async, [&] { return writer_->write(work); }));
      while (writer_->waiting() < results.size()) std::this_thread::yield();
    }
    all_wait.set_value();
    EXPECT_THAT(first.get(), IsOk());
    for (auto& result : results) result.wait();
    return results;
  }

  // What becomes of a change that shares a commit with two others, which it does not concern.
  Status failure_among_others(const GroupWriter::Work& work) {
    auto results = write_together({insert("a"), work, insert("c")});
    EXPECT_THAT(results[0].get(), IsOk());
    EXPECT_THAT(results[2].get(), IsOk());
    EXPECT_THAT(notes(), ElementsAre("first", "a", "c"));
    return results[1].get();
  }

  TemporaryDirectory directory_;
  std::unique_ptr<GroupWriter> writer_;
};

TEST_F(GroupWriterTest, ChangesThatWaitShareACommit) {
  std::vector<std::string> seen{"never"};
  auto results = write_together({insert("a"), insert("b"), [&](Database* database) {
                                   seen = notes();
                                   return insert("c")(database);
                                 }});
  for (auto& result : results) EXPECT_THAT(result.get(), IsOk());
  EXPECT_THAT(seen, ElementsAre("first"));  // "a" and "b" were written, and not committed.
  EXPECT_THAT(notes(), ElementsAre("first", "a", "b", "c"));
}

TEST_F(GroupWriterTest, ACommitHasNoMoreChangesThanItsLimit) {
  make({.group_max = 2});
  std::vector<std::string> seen{"never"};
  auto results = write_together({insert("a"), insert("b"), [&](Database* database) {
                                   seen = notes();
                                   return insert("c")(database);
                                 }});
  for (auto& result : results) EXPECT_THAT(result.get(), IsOk());
  EXPECT_THAT(seen, ElementsAre("first", "a", "b"));
}

TEST_F(GroupWriterTest, AnErrorUndoesItsOwnChangesOnly) {
  EXPECT_THAT(failure_among_others([](Database* database) -> Status {
                ARROW_RETURN_NOT_OK(insert("half")(database));
                return insert("a")(database);
              }),
              FailsAs(ErrorKind::AlreadyExists));
}

TEST_F(GroupWriterTest, AnExceptionReachesItsCallerOnly) {
  auto results = write_together({insert("a"), [](Database* database) -> Status {
                                   EXPECT_THAT(insert("half")(database), IsOk());
                                   throw std::runtime_error("out of luck");
                                 }});
  EXPECT_THAT(results[0].get(), IsOk());
  EXPECT_THROW(static_cast<void>(results[1].get()), std::runtime_error);
  EXPECT_THAT(notes(), ElementsAre("first", "a"));
  EXPECT_THROW(static_cast<void>(writer_->write(
                   [](Database*) -> Status { throw std::runtime_error("out of luck"); })),
               std::runtime_error);
  EXPECT_THAT(writer_->write(insert("later")), IsOk());
}

TEST_F(GroupWriterTest, ACommitThatFailsConcernsTheChangeThatMadeItFail) {
  const Status failure = failure_among_others([](Database* database) {
    return database->execute("INSERT INTO note VALUES ('orphan', 7)").status();
  });
  EXPECT_THAT(failure.message(), HasSubstr("FOREIGN KEY"));
}

TEST_F(GroupWriterTest, AStatementThatEndsTheTransactionConcernsItsChangeOnly) {
  EXPECT_THAT(
      failure_among_others([](Database* database) {
        return database->execute("INSERT OR ROLLBACK INTO note VALUES ('a', NULL)").status();
      }),
      FailsAs(ErrorKind::AlreadyExists));
}

TEST_F(GroupWriterTest, AFailureAloneChangesNothing) {
  EXPECT_THAT(writer_->write([](Database* database) -> Status {
    ARROW_RETURN_NOT_OK(insert("half")(database));
    return core::error(ErrorKind::Locked, "no");
  }),
              FailsAs(ErrorKind::Locked));
  EXPECT_THAT(notes(), IsEmpty());
}

// 0, 1, 2: OFF, NORMAL (a commit is not synced), FULL.
GroupWriter::Work read_level(int64_t* level) {
  return [level](Database* database) -> Status {
    ARROW_ASSIGN_OR_RAISE(auto row, database->query("PRAGMA synchronous"));
    ARROW_RETURN_NOT_OK(row.step());
    *level = row.integer(0);
    return Status::OK();
  };
}

TEST_F(GroupWriterTest, ACommitIsSyncedWhenOneOfItsChangesWantsThat) {
  int64_t level = -1;
  ASSERT_THAT(writer_->write(read_level(&level), Durability::WithTheNext), IsOk());
  EXPECT_EQ(level, 1);
  ASSERT_THAT(writer_->write(read_level(&level)), IsOk());
  EXPECT_EQ(level, 2);
  make({.sync = false});
  ASSERT_THAT(writer_->write(read_level(&level)), IsOk());
  EXPECT_EQ(level, 0);
}

}  // namespace
}  // namespace mosaico::catalog::sqlite
