// A rank's own work between collectives: what it throws waits until all ranks agree, since the others are on
// their way into the next collective.
#pragma once

#include <exception>

#include "suite/base/error.hpp"
#include "suite/dist/communicator.hpp"

namespace suite::dist {

class DeferredFailure {
public:
    explicit DeferredFailure(Communicator& communicator) : communicator_(&communicator) {}

    /// Runs this rank's part. Does nothing once something failed. Only Error(peer) passes: the collectives
    /// themselves are gone.
    template<typename Work>
    void run(const Work& work) {
        if (failure_ != nullptr) {
            return;
        }
        try {
            work();
        } catch (const Error& error) {
            if (error.kind() == ErrorKind::peer) {
                throw;
            }
            failure_ = std::current_exception();
        } catch (...) {
            failure_ = std::current_exception();
        }
    }
    void note(std::exception_ptr failure) {
        if (failure_ == nullptr) {
            failure_ = std::move(failure);
        }
    }
    [[nodiscard]] bool has_failed() const noexcept { return failure_ != nullptr; }

    /// Collective. Throws on all ranks what the lowest failed one met (dist::agree); on one rank as it was.
    void agree() {
        if (communicator_->size() > 1) {
            suite::dist::agree(*communicator_, failure_);
        } else if (failure_ != nullptr) {
            std::rethrow_exception(failure_);
        }
    }

private:
    Communicator* communicator_;
    std::exception_ptr failure_;
};

/// Collective: every rank does its part, then all return or all throw.
template<typename Work>
void run_collectively(Communicator& communicator, const Work& work) {
    DeferredFailure deferred(communicator);
    deferred.run(work);
    deferred.agree();
}

} // namespace suite::dist
