#pragma once

#include <arrow/io/interfaces.h>

#include <atomic>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "store/store.hpp"

namespace mosaico::engine {

// Says which call fails: the n-th that changes something, and as many after it as wanted.
class FaultPlan {
 public:
  // Calls are counted from 0.
  void fail(int first, int count, ErrorKind kind = ErrorKind::LimitExceeded) {
    calls_ = 0;
    first_ = first;
    end_ = first + count;
    kind_ = kind;
  }
  int calls() const { return calls_; }

  core::Status next() {
    const int call = calls_++;
    if (call < first_ || call >= end_) return core::Status::OK();
    return core::error(kind_, "fault injected into call ", call);
  }

 private:
  std::atomic<int> calls_ = 0;
  int first_ = 0;
  int end_ = 0;
  ErrorKind kind_ = ErrorKind::LimitExceeded;
};

// A store that fails where its plan says: when an object is created, written to, closed or removed.
class FaultyStore : public store::Store {
 public:
  FaultyStore(std::unique_ptr<store::Store> store, std::shared_ptr<FaultPlan> plan)
      : store_(std::move(store)), plan_(std::move(plan)) {}

  core::Result<std::unique_ptr<store::ObjectWriter>> create(const std::string& path) override {
    ARROW_RETURN_NOT_OK(plan_->next());
    ARROW_ASSIGN_OR_RAISE(auto writer, store_->create(path));
    return std::make_unique<Writer>(std::move(writer), plan_);
  }
  core::Result<std::shared_ptr<arrow::io::RandomAccessFile>> open(
      const std::string& path) override {
    return store_->open(path);
  }
  core::Result<std::vector<store::ObjectInfo>> list(const std::string& prefix) override {
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
};

}  // namespace mosaico::engine
