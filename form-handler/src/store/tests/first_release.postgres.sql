-- What people had entered in a database of the first release (schema V1), a few rows a table.
INSERT INTO sessions (key, id, group_id, title, date, start_time, end_time, place, path, starts, ends, opens, closes,
    cancelled, places_max, places_per_demand, revision, orphaned, places_min, decision) OVERRIDING SYSTEM VALUE VALUES
    (1, 's1', 'parents-solos', NULL, '2027-03-17', '18:00:00', '20:00:00', 'Salle d''animation', '/seances/s1/',
     1805302800000, 1805310000000, NULL, 1805302800000, FALSE, 2, 2, 0, FALSE, 0, NULL),
    (2, 's2', 'parents-solos', 'Le sommeil', '2027-04-14', '18:00:00', '20:00:00', 'Salle d''animation', '/seances/s2/',
     1807718400000, 1807725600000, NULL, 1807718400000, FALSE, 12, 2, 1, FALSE, 3, 'held'),
    (3, 's0', 'parents-solos', NULL, '2027-02-17', '18:00:00', '20:00:00', 'Salle d''animation', '/seances/s0/',
     1802883600000, 1802890800000, NULL, 1802883600000, FALSE, 12, 2, 0, TRUE, 0, NULL);
INSERT INTO demands (rank, id, session, standing, offered_until, to_confirm, first, ended, places, first_name, name_key,
    email, email_key, phone, cautions, other_parent, other_parent_first_name, heard_from, shared_device, lang, repeats, to_compare,
    previous, asked_at, ended_at, envoi, fingerprint, answer, calendar) OVERRIDING SYSTEM VALUE VALUES
    (2, '\x00000000000000000000000000000002', 1, 'enrolled', NULL, FALSE, FALSE, NULL, 1, 'Marie', 'marie',
     'm@exemple.fr', 'm@exemple.fr', NULL, 'pas_de_courriel,soir', FALSE, NULL, 'affiche', FALSE, 'fr', NULL, 0, NULL,
     1803895200000, NULL, NULL, NULL, NULL, '\x0000000000000000000000000000000c'),
    (3, '\x00000000000000000000000000000003', 1, 'offered', 1805299200000, FALSE, FALSE, NULL, 1, 'Zoé', 'zoe',
     'z@exemple.fr', 'z@exemple.fr', NULL, '', FALSE, NULL, NULL, FALSE, 'fr', 2, 1, NULL, 1803895200000, NULL, NULL, NULL, NULL,
     NULL),
    (4, '\x00000000000000000000000000000004', 1, 'waiting', NULL, FALSE, FALSE, 'moved', 1, 'Ana', 'ana', NULL, NULL,
     '+33612345678', '', TRUE, NULL, NULL, TRUE, 'en', NULL, 0, NULL, 1803895200000, 1803895200000, NULL, NULL, NULL, NULL),
    (5, '\x00000000000000000000000000000005', 2, 'waiting', NULL, TRUE, TRUE, NULL, 1, 'Ana', 'ana', NULL, NULL,
     '+33612345678', '', TRUE, 'Sam', NULL, TRUE, 'en', NULL, 0, '2027-03-17', 1803895200000, NULL, NULL, NULL, NULL, NULL),
    (6, '\x00000000000000000000000000000006', 1, 'waiting', NULL, FALSE, FALSE, 'cancelled', 1, 'Ida', 'ida',
     'i@exemple.fr', 'i@exemple.fr', NULL, '', FALSE, NULL, NULL, FALSE, 'fr', NULL, 0, NULL, 1803895200000, 1803895200000,
     'k', '\x00000000000000000000000000000006', 'liste_attente', NULL),
    (9, '\x00000000000000000000000000000009', 1, 'waiting', NULL, FALSE, FALSE, NULL, 1, 'Eva', 'eva', 'e@exemple.fr',
     'e@exemple.fr', NULL, '', FALSE, NULL, NULL, FALSE, 'fr', NULL, 0, NULL, 1803895200000, NULL, NULL, NULL, NULL, NULL);
DELETE FROM demands WHERE rank = 9;
INSERT INTO links (id, demand) VALUES ('\x00000000000000000000000000000004', 5);
INSERT INTO topics VALUES (1, 1, 'le sommeil');
INSERT INTO outbox (key, kind, demand, session, recipient, lang, state, attempts, written_at, not_before, sent_at) OVERRIDING SYSTEM VALUE VALUES
    (6, 'liste-attente', 3, NULL, 'z@exemple.fr', NULL, 'sent', 1, 1803895200000, 1803895200000, 1803895200000),
    (7, 'place-proposee', 3, NULL, 'z@exemple.fr', NULL, 'pending', 0, 1803895200000, 1803895200000, NULL),
    (8, 'effacement', NULL, 1, 'e@exemple.fr', 'fr', 'pending', 0, 1803895200000, 1803895200000, NULL),
    (9, 'equipe-a-confirmer', NULL, 2, NULL, NULL, 'pending', 0, 1803895200000, 1803895200000, NULL);
INSERT INTO notices (key, kind, about, demand, session, at, done) OVERRIDING SYSTEM VALUE VALUES
    (4, 'to-call', 'place', 2, NULL, 1803895200000, FALSE),
    (5, 'to-confirm', NULL, 5, NULL, 1803895200000, FALSE),
    (6, 'session-doubtful', NULL, NULL, 2, 1803895200000, FALSE);
INSERT INTO audit (key, at, actor, action, demand, session) OVERRIDING SYSTEM VALUE VALUES
    (7, 1803895200000, 'person', 'submit', '\x00000000000000000000000000000002', 1),
    (8, 1803895200000, 'rule', 'erase', NULL, 1);
INSERT INTO milestones VALUES (2, 'minimum', 1807718400000, 1803895200000);
INSERT INTO digests VALUES ('2027-03-01', 1803884400000);
INSERT INTO sightings VALUES (3, 1802890800000, 7, '2027-03-01', '2027-02-26');
INSERT INTO doubtful_dates VALUES (2, '2026-04-14', '18:00:00', '20:00:00', 1776182400000, 1776189600000, NULL, 1776182400000);
INSERT INTO tallies VALUES ('s-1', 'parents-solos', '2027-01-06', FALSE, '', 7, 5, 1, 1);
INSERT INTO settings VALUES ('key_fingerprint', '0123456789abcdef');
-- What was given is not given again.
SELECT setval('demand_ranks', 9), setval(pg_get_serial_sequence('sessions', 'key'), 3),
    setval(pg_get_serial_sequence('outbox', 'key'), 9), setval(pg_get_serial_sequence('notices', 'key'), 6),
    setval(pg_get_serial_sequence('audit', 'key'), 8);
