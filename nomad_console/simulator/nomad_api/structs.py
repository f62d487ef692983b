"""The fields of Nomad's structs, where JSON alone does not tell: empty ones may be left out.

A filter on a field a struct lacks is refused; on one it has but left out, it is not.
"""


def names(text: str) -> frozenset[str]:
    """A set of field names written as one text."""
    return frozenset(text.split())


STRUCTS: dict[str, frozenset[str]] = {
    "Node": names("""
        Attributes CSIControllerPlugins CSINodePlugins CgroupParent ComputedClass CreateIndex
        Datacenter Drain DrainStrategy Drivers Events GCVolumesOnNodeGC HTTPAddr HostNetworks
        HostVolumes ID IdentitySigningKeyID LastAllocUpdateIndex LastDrain LastMissedHeartbeatIndex
        Links Meta ModifyIndex Name NodeClass NodeMaxAllocs NodePool NodeResources
        ReservedResources SchedulingEligibility SecretID Status StatusDescription StatusUpdatedAt
        TLSEnabled
    """),
    "Allocation": names("""
        AllocModifyIndex AllocStates AllocatedResources ClientDescription ClientStatus CreateIndex
        CreateTime DeploymentID DeploymentStatus DesiredDescription DesiredStatus DesiredTransition
        EvalID FollowupEvalID ID Job JobID Metrics ModifyIndex ModifyTime Name Namespace
        NetworkStatus NextAllocation NodeID NodeName PreemptedAllocations PreemptedByAllocation
        PreviousAllocation RescheduleTracker Resources SharedResources SigningKeyID TaskGroup
        TaskResources TaskStates
    """),
    "Job": names("""
        Affinities AllAtOnce Constraints ConsulNamespace CreateIndex Datacenters
        DispatchIdempotencyToken Dispatched ID JobModifyIndex Meta ModifyIndex Multiregion Name
        Namespace NodePool NomadTokenID ParameterizedJob ParentID Payload Periodic Priority Region
        Spreads Stable Status StatusDescription Stop SubmitTime TaskGroups Type UI Update
        VaultNamespace Version VersionTag
    """),
    "Evaluation": names("""
        AnnotatePlan BlockedEval ClassEligibility CreateIndex CreateTime DeploymentID
        EscapedComputedClass FailedTGAllocs ID JobID JobModifyIndex LeaderACL ModifyIndex ModifyTime
        Namespace NextEval NodeID NodeModifyIndex PlanAnnotations PreviousEval Priority
        QueuedAllocations QuotaLimitReached RelatedEvals SnapshotIndex Status StatusDescription
        TriggeredBy Type Wait WaitUntil
    """),
    "Deployment": names("""
        CreateIndex CreateTime EvalPriority ID IsMultiregion JobCreateIndex JobID JobModifyIndex
        JobSpecModifyIndex JobVersion ModifyIndex ModifyTime Namespace Status StatusDescription
        TaskGroups
    """),
    "NodePool": names("""
        CreateIndex Description Hash Meta ModifyIndex Name NodeIdentityTTL SchedulerConfiguration
    """),
}

MAPS = names("""
    Attributes CSIControllerPlugins CSINodePlugins ClassEligibility Drivers FailedTGAllocs
    HostVolumes Links Meta QueuedAllocations TaskGroups TaskResources TaskStates
""")
