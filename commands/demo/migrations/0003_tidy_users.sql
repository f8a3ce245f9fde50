-- What no inverse script brings back: letters that are folded, and a column that goes.
update users set email = lower(email);

alter table users drop column referral;
