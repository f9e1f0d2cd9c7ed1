#pragma once

#include <arrow/io/interfaces.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "faults/fault_plan.hpp"
#include "store/store.hpp"

namespace mosaico::engine {

// A store that fails where its plan says: when an object is created, written to, closed or removed;
// with `reads` also when it is opened or read, and when objects are listed.
class FaultyStore : public store::Store {
 public:
  enum class Reads { Work, Fail };

  FaultyStore(std::unique_ptr<store::Store> store, std::shared_ptr<FaultPlan> plan,
              Reads reads = Reads::Work)
      : store_(std::move(store)), plan_(std::move(plan)), reads_(reads) {}

  core::Result<std::unique_ptr<store::ObjectWriter>> create(const std::string& path) override {
    ARROW_RETURN_NOT_OK(plan_->next());
    ARROW_ASSIGN_OR_RAISE(auto writer, store_->create(path));
    return std::make_unique<Writer>(std::move(writer), plan_);
  }
  core::Result<std::shared_ptr<arrow::io::RandomAccessFile>> open(
      const std::string& path) override {
    if (reads_ == Reads::Work) return store_->open(path);
    ARROW_RETURN_NOT_OK(plan_->next());
    ARROW_ASSIGN_OR_RAISE(auto file, store_->open(path));
    return std::make_shared<File>(std::move(file), plan_);
  }
  core::Result<std::vector<store::ObjectInfo>> list(const std::string& prefix) override {
    if (reads_ == Reads::Fail) ARROW_RETURN_NOT_OK(plan_->next());
    return store_->list(prefix);
  }
  core::Status remove(const std::string& path) override {
    ARROW_RETURN_NOT_OK(plan_->next());
    return store_->remove(path);
  }
  core::Status remove_all(const std::string& prefix) override {
    ARROW_RETURN_NOT_OK(plan_->next());
    return store_->remove_all(prefix);
  }
  std::string describe() const override { return store_->describe(); }

 private:
  class File : public arrow::io::RandomAccessFile {
   public:
    File(std::shared_ptr<arrow::io::RandomAccessFile> file, std::shared_ptr<FaultPlan> plan)
        : file_(std::move(file)), plan_(std::move(plan)) {}
    core::Result<int64_t> ReadAt(int64_t position, int64_t bytes, void* out) override {
      ARROW_RETURN_NOT_OK(next());
      return file_->ReadAt(position, bytes, out);
    }
    core::Result<std::shared_ptr<arrow::Buffer>> ReadAt(int64_t position, int64_t bytes) override {
      ARROW_RETURN_NOT_OK(next());
      return file_->ReadAt(position, bytes);
    }
    core::Result<int64_t> Read(int64_t bytes, void* out) override {
      ARROW_RETURN_NOT_OK(next());
      return file_->Read(bytes, out);
    }
    core::Result<std::shared_ptr<arrow::Buffer>> Read(int64_t bytes) override {
      ARROW_RETURN_NOT_OK(next());
      return file_->Read(bytes);
    }
    core::Result<int64_t> GetSize() override { return file_->GetSize(); }
    core::Status Seek(int64_t position) override { return file_->Seek(position); }
    core::Result<int64_t> Tell() const override { return file_->Tell(); }
    core::Status Close() override { return file_->Close(); }
    bool closed() const override { return file_->closed(); }

   private:
    // Whatever the plan says: no read fails for want of space.
    core::Status next() {
      const core::Status fault = plan_->next();
      return fault.ok() ? fault : core::error(ErrorKind::Io, fault.message());
    }

    const std::shared_ptr<arrow::io::RandomAccessFile> file_;
    const std::shared_ptr<FaultPlan> plan_;
  };

  class Stream : public arrow::io::OutputStream {
   public:
    Stream(arrow::io::OutputStream& sink, FaultPlan& plan) : sink_(sink), plan_(plan) {}
    using arrow::io::OutputStream::Write;
    core::Status Write(const void* data, int64_t bytes) override {
      ARROW_RETURN_NOT_OK(plan_.next());
      return sink_.Write(data, bytes);
    }
    core::Result<int64_t> Tell() const override { return sink_.Tell(); }
    core::Status Close() override { return sink_.Close(); }
    bool closed() const override { return sink_.closed(); }

   private:
    arrow::io::OutputStream& sink_;
    FaultPlan& plan_;
  };

  class Writer : public store::ObjectWriter {
   public:
    Writer(std::unique_ptr<store::ObjectWriter> writer, std::shared_ptr<FaultPlan> plan)
        : writer_(std::move(writer)), plan_(std::move(plan)), stream_(writer_->stream(), *plan_) {}
    arrow::io::OutputStream& stream() override { return stream_; }
    core::Status close() override {
      ARROW_RETURN_NOT_OK(plan_->next());
      return writer_->close();
    }

   private:
    const std::unique_ptr<store::ObjectWriter> writer_;
    const std::shared_ptr<FaultPlan> plan_;
    Stream stream_;
  };

  const std::unique_ptr<store::Store> store_;
  const std::shared_ptr<FaultPlan> plan_;
  const Reads reads_;
};

}  // namespace mosaico::engine
