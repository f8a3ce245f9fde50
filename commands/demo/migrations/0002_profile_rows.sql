-- The first context that says something decides; lists are merged without duplicates.
insert into profile (user_id, name, location, age_range, core_values)
select
    u.id,
    u.display_name,
    (select p.data ->> '$.location' from context_profiles c
        join profiles p on p.context_profile_id = c.id
        where c.user_id = u.id and p.data ->> '$.location' is not null
        order by c.id limit 1),
    (select p.data ->> '$.age_range' from context_profiles c
        join profiles p on p.context_profile_id = c.id
        where c.user_id = u.id and p.data ->> '$.age_range' is not null
        order by c.id limit 1),
    (select json_group_array(value) from (
        select distinct v.value from context_profiles c
        join profiles p on p.context_profile_id = c.id, json_each(p.data, '$.core_values') v
        where c.user_id = u.id))
from users u
where exists (select 1 from context_profiles c where c.user_id = u.id);

insert into context_intent (user_id, context, relationship_timeline, family_intentions,
    friendship_depth, group_activity_preference, partnership_type, commitment_horizon,
    creative_type, process_style, service_type, budget_range)
select c.user_id, c.context,
    p.data ->> '$.relationship_timeline', p.data ->> '$.family_intentions',
    p.data ->> '$.friendship_depth', p.data ->> '$.group_activity_preference',
    p.data ->> '$.partnership_type', p.data ->> '$.commitment_horizon',
    p.data ->> '$.creative_type', p.data ->> '$.process_style',
    p.data ->> '$.service_type', p.data ->> '$.budget_range'
from context_profiles c join profiles p on p.context_profile_id = c.id
order by c.id;

update profile set completeness =
    25 * ((location is not null) + (age_range is not null) + (core_values <> '[]') + 1);
