-- One profile per person, and what each person wants in each context.
create table profile (
    user_id integer primary key references users (id) on delete cascade,
    name text not null,
    location text,
    age_range text,
    core_values text,
    lifestyle text,
    completeness integer not null check (completeness between 0 and 100)
);

create table context_intent (
    id text primary key,
    user_id integer not null references users (id) on delete cascade,
    context text not null,
    relationship_timeline text,
    family_intentions text,
    friendship_depth text,
    group_activity_preference text,
    partnership_type text,
    commitment_horizon text,
    creative_type text,
    process_style text,
    service_type text,
    budget_range text,
    unique (user_id, context)
);

create index context_intent_by_context on context_intent (context);
