#include <arrow/record_batch.h>
#include <arrow/type.h>

#include <utility>

#include "engine/engine_impl.hpp"
#include "engine/ingest/ingest.hpp"
#include "engine/ingest/topic_upload.hpp"
#include "engine/manifest.hpp"

namespace mosaico::engine {

namespace {

// The owner's end of an upload: the upload itself is shared with the threads that work for it.
class UploadImpl final : public Upload {
 public:
  explicit UploadImpl(std::shared_ptr<TopicUpload> upload) : upload_(std::move(upload)) {}
  ~UploadImpl() override { upload_->interrupt(); }

  Status append(std::shared_ptr<arrow::RecordBatch> batch) override {
    if (batch == nullptr) return core::error(ErrorKind::Invalid, "a message without a batch");
    return upload_->append(*batch);
  }
  int64_t durable_rows() const override { return upload_->durable_rows(); }
  void on_durable(TopicUpload::Callback callback) override {
    upload_->on_durable(std::move(callback));
  }
  Status finish() override { return upload_->finish(); }
  void interrupt() override { upload_->interrupt(); }

 private:
  const std::shared_ptr<TopicUpload> upload_;
};

}  // namespace

Result<std::unique_ptr<Upload>> EngineImpl::upload(const protocol::PutDescriptor& descriptor,
                                                   std::shared_ptr<arrow::Schema> schema) {
  ARROW_RETURN_NOT_OK(check_open(/*change=*/true));
  if (!descriptor.topic.is_topic()) {
    return core::error(ErrorKind::Invalid, "an upload needs the locator of a topic, not ",
                       core::quoted(descriptor.topic.to_string()));
  }
  if (schema == nullptr) return core::error(ErrorKind::Invalid, "an upload needs a schema");
  ARROW_ASSIGN_OR_RAISE(auto upload, ingest_->begin(descriptor, schema));
  manifests_->request(descriptor.topic.sequence);
  return std::make_unique<UploadImpl>(std::move(upload));
}

}  // namespace mosaico::engine
