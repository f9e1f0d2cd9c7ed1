#pragma once

#include <arrow/api.h>
#include <arrow/io/interfaces.h>

#include <atomic>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "store/store.hpp"

namespace mosaico {

// Counts the bytes that are read of the objects of another store.
class CountingStore final : public store::Store {
 public:
  explicit CountingStore(std::unique_ptr<store::Store> store) : store_(std::move(store)) {}

  int64_t read_bytes() const { return *read_bytes_; }

  core::Result<std::shared_ptr<arrow::io::RandomAccessFile>> open(
      const std::string& path) override {
    ARROW_ASSIGN_OR_RAISE(auto file, store_->open(path));
    return std::make_shared<File>(std::move(file), read_bytes_);
  }
  core::Result<std::unique_ptr<store::ObjectWriter>> create(const std::string& path) override {
    return store_->create(path);
  }
  core::Result<std::vector<store::ObjectInfo>> list(const std::string& prefix) override {
    return store_->list(prefix);
  }
  core::Status remove(const std::string& path) override { return store_->remove(path); }
  core::Status remove_all(const std::string& prefix) override { return store_->remove_all(prefix); }
  std::string describe() const override { return store_->describe(); }

 private:
  class File final : public arrow::io::RandomAccessFile {
   public:
    File(std::shared_ptr<arrow::io::RandomAccessFile> file,
         std::shared_ptr<std::atomic<int64_t>> read_bytes)
        : file_(std::move(file)), read_bytes_(std::move(read_bytes)) {}

    arrow::Result<int64_t> GetSize() override { return file_->GetSize(); }
    arrow::Result<int64_t> Tell() const override { return file_->Tell(); }
    arrow::Status Seek(int64_t position) override { return file_->Seek(position); }
    arrow::Status Close() override { return file_->Close(); }
    bool closed() const override { return file_->closed(); }
    arrow::Result<int64_t> Read(int64_t bytes, void* out) override {
      return counted(file_->Read(bytes, out));
    }
    arrow::Result<std::shared_ptr<arrow::Buffer>> Read(int64_t bytes) override {
      return counted(file_->Read(bytes));
    }
    arrow::Result<int64_t> ReadAt(int64_t position, int64_t bytes, void* out) override {
      return counted(file_->ReadAt(position, bytes, out));
    }
    arrow::Result<std::shared_ptr<arrow::Buffer>> ReadAt(int64_t position, int64_t bytes) override {
      return counted(file_->ReadAt(position, bytes));
    }

   private:
    arrow::Result<int64_t> counted(arrow::Result<int64_t> read) {
      if (read.ok()) *read_bytes_ += *read;
      return read;
    }
    arrow::Result<std::shared_ptr<arrow::Buffer>> counted(
        arrow::Result<std::shared_ptr<arrow::Buffer>> read) {
      if (read.ok()) *read_bytes_ += (*read)->size();
      return read;
    }

    const std::shared_ptr<arrow::io::RandomAccessFile> file_;
    const std::shared_ptr<std::atomic<int64_t>> read_bytes_;
  };

  const std::unique_ptr<store::Store> store_;
  const std::shared_ptr<std::atomic<int64_t>> read_bytes_ =
      std::make_shared<std::atomic<int64_t>>(0);
};

}  // namespace mosaico
