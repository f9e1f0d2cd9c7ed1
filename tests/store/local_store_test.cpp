#include "store/local_store.hpp"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>

#include "store/local_writer.hpp"
#include "store_conformance.hpp"
#include "support/temporary_directory.hpp"
#include "support/unprivileged.hpp"

namespace mosaico::store {
namespace {

namespace fs = std::filesystem;

class LocalPlaceForTests : public StoreBackend::Place {
 public:
  Result<std::unique_ptr<Store>> open() override {
    return open_local_store(directory_.path() / "store");
  }

 private:
  TemporaryDirectory directory_;
};

INSTANTIATE_TEST_SUITE_P(Local, StoreConformance,
                         testing::Values(StoreBackend{
                             "Local", [] { return std::make_unique<LocalPlaceForTests>(); }}),
                         testing::PrintToStringParamName());

class LocalStoreTest : public testing::Test {
 protected:
  void open() { ASSERT_OK_AND_ASSIGN(store_, open_local_store(root())); }
  fs::path root() const { return directory_.path() / "store"; }
  size_t temporary_files() const {
    return static_cast<size_t>(std::distance(fs::directory_iterator(root() / ".tmp"), {}));
  }

  TemporaryDirectory directory_;
  std::unique_ptr<Store> store_;
};

void write_file(const fs::path& path, const std::string& text) {
  fs::create_directories(path.parent_path());
  std::ofstream(path) << text;
}

TEST_F(LocalStoreTest, MakesItsRootWithAllParents) {
  ASSERT_OK_AND_ASSIGN(const auto store, open_local_store(directory_.path() / "a/b/c"));
  EXPECT_TRUE(fs::is_directory(directory_.path() / "a/b/c"));
  EXPECT_EQ(store->describe(), directory_.path() / "a/b/c");
}

TEST_F(LocalStoreTest, NeedsARootThatIsAFolder) {
  write_file(directory_.path() / "file", "x");
  EXPECT_THAT(open_local_store(""), FailsAs(ErrorKind::Invalid));
  EXPECT_THAT(open_local_store(directory_.path() / "file"), FailsAs(ErrorKind::Io));
}

TEST_F(LocalStoreTest, PutsPlainFilesUnderTheirPaths) {
  open();
  ASSERT_THAT(put(*store_, "data/run1/chunk.parquet", "bytes"), IsOk());
  EXPECT_EQ(fs::file_size(root() / "data/run1/chunk.parquet"), 5U);
  EXPECT_EQ(temporary_files(), 0U);
}

TEST_F(LocalStoreTest, AbandonedAndFailedWritersLeaveNoTemporaryFile) {
  open();
  {
    ASSERT_OK_AND_ASSIGN(const auto writer, store_->create("a/b"));
    EXPECT_EQ(temporary_files(), 1U);
  }
  EXPECT_EQ(temporary_files(), 0U);
}

TEST_F(LocalStoreTest, RemovesWhatACrashLeftWhenOpened) {
  open();
  ASSERT_THAT(put(*store_, "a", "kept"), IsOk());
  store_.reset();
  write_file(root() / ".tmp/half-written", "half");
  write_file(root() / ".tmp/folder/half-written", "half");
  open();
  EXPECT_EQ(temporary_files(), 0U);
  ASSERT_OK_AND_ASSIGN(const std::string got, get(*store_, "a"));
  EXPECT_EQ(got, "kept");
}

TEST_F(LocalStoreTest, AnOpenFileStaysReadableAfterItsRemoval) {
  open();
  ASSERT_THAT(put(*store_, "a/b", "bytes"), IsOk());
  ASSERT_OK_AND_ASSIGN(const auto file, store_->open("a/b"));
  ASSERT_THAT(store_->remove_all("a"), IsOk());
  ASSERT_OK_AND_ASSIGN(const auto buffer, file->ReadAt(0, 5));
  EXPECT_EQ(buffer->ToString(), "bytes");
}

TEST_F(LocalStoreTest, AWriterDoesNotBringARemovedFolderBack) {
  open();
  ASSERT_OK_AND_ASSIGN(const auto writer, store_->create("run1/imu/chunk"));
  ASSERT_THAT(store_->remove_all("run1"), IsOk());
  EXPECT_THAT(writer->close(), FailsAs(ErrorKind::NotFound));
  EXPECT_FALSE(fs::exists(root() / "run1"));
  EXPECT_EQ(temporary_files(), 0U);
}

TEST_F(LocalStoreTest, AWriterMayOutliveItsStore) {
  open();
  ASSERT_OK_AND_ASSIGN(const auto writer, store_->create("a"));
  store_.reset();
  EXPECT_THAT(writer->close(), IsOk());
  EXPECT_TRUE(fs::exists(root() / "a"));
}

TEST_F(LocalStoreTest, ReadOnlyRefusesEveryChangeAndMakesNothing) {
  EXPECT_THAT(open_local_store(root(), /*read_only=*/true), FailsAs(ErrorKind::NotFound));
  EXPECT_FALSE(fs::exists(root()));

  open();
  ASSERT_THAT(put(*store_, "a", "x"), IsOk());
  write_file(root() / ".tmp/of-the-writer", "half");
  ASSERT_OK_AND_ASSIGN(const auto reader, open_local_store(root(), /*read_only=*/true));
  EXPECT_THAT(reader->create("b/c"), FailsAs(ErrorKind::Locked));
  EXPECT_THAT(reader->remove("a"), FailsAs(ErrorKind::Locked));
  EXPECT_THAT(reader->remove_all("a"), FailsAs(ErrorKind::Locked));
  ASSERT_OK_AND_ASSIGN(const std::string got, get(*reader, "a"));
  EXPECT_EQ(got, "x");
  EXPECT_EQ(temporary_files(), 1U) << "it belongs to the writer";
}

TEST_F(LocalStoreTest, NeverFollowsASymbolicLink) {
  open();
  const fs::path outside = directory_.path() / "outside";
  write_file(outside / "secret", "secret");
  fs::create_directory_symlink(outside, root() / "folder");
  fs::create_symlink(outside / "secret", root() / "file");

  EXPECT_THAT(store_->open("folder/secret"), FailsAs(ErrorKind::Io));
  EXPECT_THAT(store_->open("file"), FailsAs(ErrorKind::Io));
  EXPECT_THAT(store_->create("folder/new"), FailsAs(ErrorKind::Io));
  EXPECT_THAT(store_->remove("folder/secret"), FailsAs(ErrorKind::Io));
  ASSERT_OK_AND_ASSIGN(const auto objects, store_->list(""));
  EXPECT_TRUE(objects.empty());

  EXPECT_THAT(store_->remove_all("folder"), IsOk());
  EXPECT_TRUE(fs::exists(outside / "secret"));
  EXPECT_FALSE(fs::exists(fs::symlink_status(root() / "folder")));
}

TEST_F(LocalStoreTest, OpensNeitherPipesNorFolders) {
  open();
  ASSERT_EQ(::mkfifo((root() / "pipe").c_str(), 0600), 0);
  EXPECT_THAT(store_->open("pipe"), FailsAs(ErrorKind::NotFound));
  ASSERT_OK_AND_ASSIGN(const auto objects, store_->list(""));
  EXPECT_TRUE(objects.empty());
}

TEST_F(LocalStoreTest, AFileWhereAFolderIsDueIsAnError) {
  open();
  ASSERT_THAT(put(*store_, "a", "x"), IsOk());
  EXPECT_THAT(store_->create("a/b"), FailsAs(ErrorKind::Io));
}

TEST_F(LocalStoreTest, ARootThatVanishedIsAnError) {
  open();
  fs::remove_all(root());
  EXPECT_FALSE(store_->create("a").ok());
  EXPECT_FALSE(store_->create("a/b").ok());
}

TEST_F(LocalStoreTest, AFolderWithoutWritePermissionIsAClearError) {
  open();
  ASSERT_THAT(put(*store_, "a/b", "x"), IsOk());
  fs::permissions(directory_.path(), fs::perms(0755));
  fs::permissions(root() / "a", fs::perms(0555));
  fs::permissions(root() / ".tmp", fs::perms(0777));
  {
    const Unprivileged user;
    EXPECT_THAT(store_->create("a/c/d"), FailsAs(ErrorKind::Io));
    const Status status = put(*store_, "a/c", "x");
    EXPECT_THAT(status, FailsAs(ErrorKind::Io));
    EXPECT_THAT(status.message(), testing::HasSubstr("Permission denied"));
    EXPECT_THAT(store_->remove("a/b"), FailsAs(ErrorKind::Io));
    EXPECT_THAT(store_->remove_all("a"), FailsAs(ErrorKind::Io));
    EXPECT_EQ(temporary_files(), 0U);
  }
  fs::permissions(root() / "a", fs::perms(0755));
  ASSERT_OK_AND_ASSIGN(const std::string got, get(*store_, "a/b"));
  EXPECT_EQ(got, "x");
}

// Lets no file of this process grow beyond `bytes`.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) {
    ::getrlimit(RLIMIT_FSIZE, &original_);
    const rlimit limit{.rlim_cur = bytes, .rlim_max = original_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    handler_ = std::signal(SIGXFSZ, SIG_IGN);
  }
  ~FileSizeLimit() {
    ::setrlimit(RLIMIT_FSIZE, &original_);
    std::signal(SIGXFSZ, handler_);
  }

 private:
  rlimit original_{};
  void (*handler_)(int) = nullptr;
};

TEST_F(LocalStoreTest, AFailedWriteLeavesTheOldObjectAndNoTemporaryFile) {
  open();
  ASSERT_THAT(put(*store_, "a", "old"), IsOk());
  {
    const FileSizeLimit limit(1000);
    EXPECT_THAT(put(*store_, "a", std::string(2000, 'x')), FailsAs(ErrorKind::LimitExceeded));
    EXPECT_THAT(put(*store_, "a", std::string(size_t{3} << 20, 'x')),
                FailsAs(ErrorKind::LimitExceeded));
  }
  ASSERT_OK_AND_ASSIGN(const std::string got, get(*store_, "a"));
  EXPECT_EQ(got, "old");
  EXPECT_EQ(temporary_files(), 0U);
}

TEST(FileSink, SaysThatNoSpaceIsLeftAndStaysFailed) {
  FileSink sink(kernel_files(), FileDescriptor(::open("/dev/full", O_WRONLY | O_CLOEXEC)), "chunk");
  ASSERT_THAT(sink.Write("x", 1), IsOk()) << "buffered";
  const Status status = sink.Flush();
  EXPECT_THAT(status, FailsAs(ErrorKind::LimitExceeded));
  EXPECT_EQ(status.message(), "cannot write: No space left on device: chunk");
  EXPECT_THAT(sink.Write("x", 1), FailsAs(ErrorKind::LimitExceeded));
  EXPECT_THAT(sink.sync_and_close(), FailsAs(ErrorKind::LimitExceeded));
}

TEST(FileSink, RefusesToBeWrittenAfterItsEnd) {
  FileSink sink(kernel_files(), FileDescriptor(::open("/dev/null", O_WRONLY | O_CLOEXEC)), "chunk");
  ASSERT_THAT(sink.Close(), IsOk());
  EXPECT_TRUE(sink.closed());
  EXPECT_THAT(sink.Write("x", 1), FailsAs(ErrorKind::Invalid));
  EXPECT_THAT(sink.Close(), IsOk());
}

}  // namespace
}  // namespace mosaico::store
