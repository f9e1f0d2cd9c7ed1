// No Flight library sends a second schema, so this client puts its frames together by hand.
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <string>
#include <vector>

#include <arrow/api.h>
#include <arrow/ipc/api.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fake_engine.hpp"
#include "flight_fixture.hpp"

namespace mosaico::server {
namespace {

std::string big_endian(size_t value, int bytes) {
  std::string text;
  for (int i = bytes - 1; i >= 0; --i) text += static_cast<char>(value >> (8 * i));
  return text;
}

// RFC 9113: a frame; RFC 7541: a literal header with a new name, not indexed.
std::string frame(char type, char flags, int stream, const std::string& payload) {
  return big_endian(payload.size(), 3) + type + flags + big_endian(static_cast<size_t>(stream), 4) +
         payload;
}
std::string header(const std::string& name, const std::string& value) {
  return std::string(1, '\0') + static_cast<char>(name.size()) + name +
         static_cast<char>(value.size()) + value;
}

// Protocol Buffers: a field of bytes, or of a number.
std::string varint(size_t value) {
  std::string text;
  for (; value >= 0x80; value >>= 7) text += static_cast<char>(value | 0x80);
  return text + static_cast<char>(value);
}
std::string bytes_field(int number, const std::string& value) {
  return varint(static_cast<size_t>(number) << 3 | 2) + varint(value.size()) + value;
}

constexpr int kDescriptor = 1;
constexpr int kDataHeader = 2;
constexpr int kCommand = 2;

// A FlightData with the schema, and the descriptor where there is one.
std::string schema_message(const std::string& command) {
  const auto ipc = arrow::ipc::SerializeSchema(*small_schema()).ValueOrDie();
  // The marker and the length before the message stay out.
  constexpr int64_t kPrefix = 8;
  std::string message;
  if (!command.empty()) {
    const std::string type_is_cmd = varint(1 << 3) + varint(2);
    message += bytes_field(kDescriptor, type_is_cmd + bytes_field(kCommand, command));
  }
  message += bytes_field(kDataHeader, ipc->ToString().substr(kPrefix));
  return std::string(1, '\0') + big_endian(message.size(), 4) + message;
}

std::string exchange(int port, const std::string& request, const std::string& awaited) {
  const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  EXPECT_EQ(::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  EXPECT_EQ(::send(fd, request.data(), request.size(), MSG_NOSIGNAL), std::ssize(request));
  std::string answer;
  std::array<char, 4096> buffer = {};
  // An end of the stream without the text is the end of waiting, too.
  while (answer.find(awaited) == std::string::npos &&
         answer.find("grpc-message") == std::string::npos) {
    const ssize_t got = ::recv(fd, buffer.data(), buffer.size(), 0);
    if (got <= 0) break;
    answer.append(buffer.data(), static_cast<size_t>(got));
  }
  ::close(fd);
  return answer;
}

class SecondSchema : public FlightFixture {
 protected:
  void SetUp() override { start(engine_); }

  const std::shared_ptr<FakeEngine> engine_ = std::make_shared<FakeEngine>();
};

TEST_F(SecondSchema, EndsTheUpload) {
  constexpr char kHeaders = 1;
  constexpr char kEndHeaders = 4;
  constexpr char kData = 0;
  constexpr char kSettings = 4;
  const std::string headers = header(":method", "POST") + header(":scheme", "http") +
                              header(":path", "/arrow.flight.protocol.FlightService/DoPut") +
                              header(":authority", "localhost") +
                              header("content-type", "application/grpc") + header("te", "trailers");
  const std::string request = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frame(kSettings, 0, 0, "") +
                              frame(kHeaders, kEndHeaders, 1, headers) +
                              frame(kData, 0, 1, schema_message(kPutCommand)) +
                              frame(kData, 0, 1, schema_message(""));
  const std::string text = "a second schema, or else no batch, inside an upload";
  const std::string answer = exchange(service_->port(), request, text);
  EXPECT_THAT(answer, testing::HasSubstr(text));
  // Flight's own code for what it has no name for; "ABORTED" travels beside it, encoded.
  EXPECT_THAT(answer, testing::HasSubstr(header("grpc-status", "2").substr(1)));
  EXPECT_EQ(engine_->upload_log->ending.wait(), "interrupted");
}

}  // namespace
}  // namespace mosaico::server
