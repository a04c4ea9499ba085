// The catalog as a protocol reads it and a profile scales it. Private to suite/plan.
#pragma once

#include <string>

#include "suite/plan/declare/catalog.hpp"
#include "suite/plan/limits.hpp"
#include "suite/plan/order/run_config.hpp"

namespace suite::plan {

/// What published names mean under a protocol, and what stands for them under a profile. Refers to the
/// catalog and the profile, which must outlive it. Every look-up throws Error(usage) for a name that is not
/// declared.
class ScaledDeclarations {
public:
    /// Throws Error(usage) for an unknown protocol.
    ScaledDeclarations(const Catalog& catalog, const ProfileSpec& profile, const std::string& protocol);

    [[nodiscard]] const NetworkSpec& network(const std::string& name) const;
    [[nodiscard]] const RecipeSpec& recipe(const std::string& name) const;
    /// What a target's name means under the protocol …
    [[nodiscard]] const DataSetSpec& target(const std::string& name) const;
    /// … and what stands for it under the profile.
    [[nodiscard]] const DataSetSpec& used_target(const std::string& name) const;
    [[nodiscard]] const DataSetSpec& used_set(const std::string& name) const;

    /// No more images than the profile and the limits allow, in the profile's world.
    [[nodiscard]] DataSetSpec scaled(DataSetSpec spec, const RunLimits& limits) const;
    /// The same with a superset's members resolved.
    [[nodiscard]] DataConfig data(const DataSetSpec& used, const RunLimits& limits) const;

private:
    const Catalog& catalog_;
    const ProfileSpec& profile_;
    ProtocolSpec protocol_; ///< empty mappings where none is declared
};

} // namespace suite::plan
