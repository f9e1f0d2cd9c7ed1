#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>

#include "engine/engine.hpp"
#include "support/status_matchers.hpp"
#include "support/temporary_directory.hpp"

namespace mosaico::engine {
namespace {

EngineOptions read_only() {
  EngineOptions options;
  options.read_only = true;
  return options;
}

TEST(OpenDirectory, makes_the_directory_and_finds_what_was_made_before) {
  const TemporaryDirectory directory;
  const std::string root = directory.path() / "a" / "recordings";
  {
    ASSERT_OK_AND_ASSIGN(const auto engine, open_directory(root, {}));
    ASSERT_THAT(engine->sequence_create({.sequence = "drive"}), IsOk());
    ASSERT_THAT(engine->close(), IsOk());
  }
  ASSERT_OK_AND_ASSIGN(const auto engine, open_directory(root, {}));
  EXPECT_EQ(engine->sequence_list({}).ValueOrDie().sequences.size(), 1U);
}

TEST(OpenDirectory, belongs_to_one_writer) {
  const TemporaryDirectory directory;
  ASSERT_OK_AND_ASSIGN(const auto engine, open_directory(directory.path(), {}));
  const auto second = open_directory(directory.path(), {});
  EXPECT_THAT(second, FailsAs(ErrorKind::Locked));
  EXPECT_THAT(second.status().message(), testing::HasSubstr(std::to_string(::getpid())));
  EXPECT_THAT(open_directory(directory.path(), read_only()), IsOk());
  ASSERT_THAT(engine->close(), IsOk());
  EXPECT_THAT(open_directory(directory.path(), {}), IsOk());
}

TEST(OpenDirectory, is_free_again_when_its_process_has_died) {
  const TemporaryDirectory directory;
  const pid_t child = ::fork();
  if (child == 0) {
    const auto engine = open_directory(directory.path(), {});
    ::_exit(engine.ok() && (*engine)->sequence_create({.sequence = "drive"}).ok() ? 0 : 1);
  }
  int state = -1;
  ASSERT_EQ(::waitpid(child, &state, 0), child);
  ASSERT_EQ(state, 0);
  ASSERT_OK_AND_ASSIGN(const auto engine, open_directory(directory.path(), {}));
  EXPECT_EQ(engine->sequence_list({}).ValueOrDie().sequences.size(), 1U);
}

TEST(OpenDirectory, makes_nothing_when_reading_only) {
  const TemporaryDirectory directory;
  EXPECT_THAT(open_directory(directory.path(), read_only()), FailsAs(ErrorKind::NotFound));
  EXPECT_TRUE(std::filesystem::is_empty(directory.path()));
}

TEST(OpenDirectory, needs_a_name_and_a_directory) {
  const TemporaryDirectory directory;
  EXPECT_THAT(open_directory("", {}), FailsAs(ErrorKind::Invalid));
  EXPECT_THAT(open_directory("/dev/null/recordings", {}), FailsAs(ErrorKind::Io));
}

}  // namespace
}  // namespace mosaico::engine
