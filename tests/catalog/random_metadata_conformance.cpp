// Thousands of random conditions on names, columns and metadata: what a catalog finds, by its
// indexes or without, against a plain evaluation in memory.
#include <random>
#include <set>

#include "catalog_conformance.hpp"
#include "query/evaluate.hpp"

namespace mosaico::catalog {
namespace {

using nlohmann::json;

class RandomScene {
 public:
  explicit RandomScene(unsigned seed) : random_(seed) {}

  size_t below(size_t n) { return random_() % n; }
  template <typename T>
  T one_of(const std::vector<T>& choices) {
    return choices[below(choices.size())];
  }

  // Few words and numbers, so that conditions meet them; some texts read as numbers.
  json scalar() {
    return one_of<json>({"yard",
                         "hall",
                         "Yard",
                         "",
                         "plan-4.1",
                         "plan-4.2",
                         "10",
                         "-2.5",
                         "1e3",
                         "true",
                         "a*b",
                         "+7",
                         "-.5",
                         "5.",
                         "1e999",
                         "9007199254740993",
                         10,
                         -2,
                         2.5,
                         1000,
                         0,
                         true,
                         false,
                         nullptr,
                         INT64_C(9007199254740992),
                         INT64_C(9007199254740993),
                         INT64_MAX,
                         INT64_MIN,
                         UINT64_C(9223372036854775808),
                         UINT64_C(18446744073709551615),
                         0.1,
                         -1.7976931348623157e308,
                         1.7976931348623157e308,
                         5e-324});
  }
  json value(int depth) {
    switch (depth > 2 ? 0 : below(5)) {
      case 1: {
        json list = json::array();
        for (size_t i = below(4); i > 0; --i) list.push_back(value(depth + 1));
        return list;
      }
      case 2:
        return object(depth + 1);
      default:
        return scalar();
    }
  }
  json object(int depth = 0) {
    json members = json::object();
    for (size_t i = below(4); i > 0; --i) members[key()] = value(depth);
    return members;
  }
  std::string key() { return one_of<std::string>({"site", "env", "a", "b", "rate", "log entry"}); }

  std::string path() {
    std::string text = one_of<std::string>({key(), key(), key(), "*", "**"});
    for (size_t i = below(3); i > 0; --i) {
      text += one_of<std::string>({"." + key(), "." + key(), ".*", ".**"});
    }
    if (below(5) == 0) text += one_of<std::string>({"[0]", "[1]", "[*]"});
    return text;
  }

  // {"$op": value} that the rules allow.
  json condition(const std::vector<json>& values) {
    const auto pick = [&] { return one_of(values); };
    switch (below(10)) {
      case 8: {
        json numbers = {pick_number(values), pick_number(values), pick_number(values)};
        if (below(2) == 0) return {{"$in", numbers}};
        if (numbers[0] > numbers[1]) std::swap(numbers[0], numbers[1]);
        return {{one_of<std::string>({"$between", "$outside"}), {numbers[0], numbers[1]}}};
      }
      case 9:
        return {{one_of<std::string>({"$eq", "$lt", "$leq", "$gt", "$geq"}), pick_number(values)}};
      case 0:
        return {{"$in", {pick_text(values), pick_text(values)}}};
      case 1:
        return {{"$match", one_of<std::string>({"*", "plan-4.*", "*ar*", "?all", "#0", "[a-z]*"})}};
      case 2:
        return {{one_of<std::string>({"$ex", "$nex"}), nullptr}};
      case 3: {
        const int64_t low = one_of<int64_t>({-3, 0, 9, 10});
        return {{one_of<std::string>({"$between", "$outside"}), {low, low + 5}}};
      }
      case 4: {
        const json limit = pick();
        const json ordered = limit.is_boolean() ? json(1) : limit;
        return {{one_of<std::string>({"$lt", "$leq", "$gt", "$geq"}), ordered}};
      }
      default:
        return {{one_of<std::string>({"$eq", "$eq", "$neq"}), pick()}};
    }
  }
  json pick_number(const std::vector<json>& values) {
    const json value = one_of(values);
    return value.is_number() ? value : json(5);
  }
  std::string pick_text(const std::vector<json>& values) {
    while (true) {
      const json value = one_of(values);
      if (value.is_string()) return value.get<std::string>();
    }
  }

  json query() {
    const std::vector<json> scalars = {"yard",
                                       "hall",
                                       "plan-4.1",
                                       "10",
                                       "true",
                                       10,
                                       -2,
                                       2.5,
                                       1000,
                                       true,
                                       false,
                                       INT64_C(9007199254740993),
                                       INT64_C(9007199254740992),
                                       INT64_MAX,
                                       INT64_MIN,
                                       UINT64_C(9223372036854775808),
                                       UINT64_C(18446744073709551615),
                                       0.1,
                                       0.0,
                                       -0.5,
                                       1.7976931348623157e308,
                                       5e-324};
    const std::vector<json> names = {"s1", "s12", "/t1", "t2", "/sub/t3", "IMU", "GPS", 5, "x"};
    json body = json::object();
    for (const std::string part : {"sequence", "topic"}) {
      for (size_t i = below(3); i > 0; --i) {
        body[part]["user_metadata"][path()] = condition(scalars);
      }
      if (below(4) == 0) body[part]["name"] = without_existence(names);
      if (below(8) == 0) {
        body[part]["created_at_ns"] = {
            {one_of<std::string>({"$eq", "$lt", "$geq"}), static_cast<int64_t>(below(20))}};
      }
    }
    if (below(4) == 0) body["topic"]["ontology_tag"] = without_existence(names);
    return body;
  }

 private:
  json without_existence(const std::vector<json>& values) {
    while (true) {
      json made = condition(values);
      if (!made.contains("$ex") && !made.contains("$nex")) return made;
    }
  }

  std::mt19937 random_;
};

struct Placed {
  std::string sequence;
  int64_t sequence_created_at_ns = 0;
  json sequence_metadata;
  Topic topic;
};

std::vector<Placed> fill(Catalog& catalog, RandomScene& scene) {
  std::vector<Placed> all;
  for (int s = 0; s < 20; ++s) {
    const std::string sequence = "s" + std::to_string(s);
    const json metadata = scene.object();
    core::throw_if_error(catalog.create_sequence(sequence, metadata, s).status());
    core::throw_if_error(catalog.create_session(sequence, "x", uuid_of(sequence), s).status());
    for (size_t t = scene.below(5); t > 0; --t) {
      Topic topic = new_topic((t % 2 == 0 ? "sub/t" : "t") + std::to_string(t),
                              scene.one_of<std::string>({"IMU", "GPS", "Image"}));
      topic.user_metadata = scene.object();
      topic.created_at_ns = static_cast<int64_t>(scene.below(20));
      core::throw_if_error(catalog.create_topic(sequence, uuid_of(sequence), topic).status());
      all.push_back({sequence, s, metadata, topic});
    }
  }
  return all;
}

bool matches(const query::MetadataFilter& filter, const Placed& placed) {
  const std::string name = "/" + placed.topic.name;
  return query::matches_sequence(filter.sequence, {.name = placed.sequence,
                                                   .created_at_ns = placed.sequence_created_at_ns,
                                                   .user_metadata = &placed.sequence_metadata}) &&
         query::matches_topic(filter.topic,
                              {.name = name,
                               .created_at_ns = placed.topic.created_at_ns,
                               .ontology_tag = placed.topic.ontology_tag,
                               .serialization_format = placed.topic.serialization_format,
                               .user_metadata = &placed.topic.user_metadata});
}

TEST_P(CatalogConformance, FindsWhatAPlainEvaluationFinds) {
  RandomScene scene(20'260'501);
  const auto all = fill(*catalog_, scene);
  int asked = 0;
  int found_some = 0;
  for (int i = 0; i < 6000; ++i) {
    const json body = scene.query();
    const auto query = query::parse_query(body);
    if (!query.ok()) continue;  // Such as min > max, or a specifier too many.
    ++asked;
    std::multiset<std::string> expected;
    for (const Placed& placed : all) {
      if (matches(query->metadata, placed))
        expected.insert(placed.sequence + "/" + placed.topic.name);
    }
    std::multiset<std::string> found;
    ASSERT_OK_AND_ASSIGN(const auto topics, catalog_->find_topics(query->metadata));
    for (const FoundTopic& topic : topics) found.insert(topic.sequence + "/" + topic.name);
    ASSERT_EQ(found, expected) << body;
    if (!found.empty() && found.size() < all.size()) ++found_some;
  }
  EXPECT_GT(asked, 2000);
  EXPECT_GT(found_some, 300);
}

}  // namespace
}  // namespace mosaico::catalog
