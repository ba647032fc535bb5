(** Certificates of max margins that several vectors attain: every one of them is the claim's maximizer plus a
    combination of the claim's directions. *)

From Coq Require Import Reals Lra Lia Arith ZArith List Bool.
From Marginproof Require Import Base MaxMargin Checkers Uniqueness.
Import ListNotations.
Open Scope R_scope.

(** The face's directions, turned into vectors each with one pivot of its own, lie in the columns that are not held and
    change no margin of positive weight; and what does that and vanishes at all pivots is 0. *)
Definition check_face (K : numbers) (d : nat) (rows : list (list (carrier K))) (c : list (carrier K)) (held : list bool)
    (face turn : list (list (carrier K))) (pivots : list nat) (modulus : carrier K)
    (chosen : list nat) (inverse : list (list (carrier K))) : bool :=
  let f := length face in
  forallb (fun x => Nat.eqb (length x) d) face && forallb (fun t => Nat.eqb (length t) f) turn && Nat.eqb (length turn) f &&
  Nat.eqb (length pivots) f &&
  forallb (fun m =>
    let v := combined K d (nth m turn []) face in
    forallb (fun k => negb (nth k held false) || vanishes K (nth k v (zero K))) (seq 0 d) &&
    forallb (fun i => vanishes K (nth i c (zero K)) || vanishes K (inner K (nth i rows []) v)) (seq 0 (length rows)) &&
    forallb (fun q => let e := nth (nth q pivots O) v (zero K) in if Nat.eqb q m then negb (vanishes K e) else vanishes K e) (seq 0 f))
    (seq 0 f) &&
  check_alone K d rows c (map (fun k => nth k held false || existsb (Nat.eqb k) pivots) (seq 0 d)) modulus chosen
    inverse.

Lemma nth_seq_map (f : nat -> bool) d k : (k < d)%nat -> nth k (map f (seq 0 d)) false = f k.
Proof.
  intros Hk. rewrite (nth_indep _ false (f O)) by (rewrite length_map, length_seq; exact Hk).
  rewrite map_nth, seq_nth by exact Hk. reflexivity.
Qed.

Lemma vanishes_entry K v k : vanishes K (nth k v (zero K)) = true -> entry K v k = 0.
Proof. intros H. unfold entry. rewrite (vanishes_value K _ H). reflexivity. Qed.

Lemma not_vanishes_entry K v k : vanishes K (nth k v (zero K)) = false -> entry K v k <> 0.
Proof.
  intros H. unfold entry. apply not_0_IZR. intros E. unfold vanishes in H. rewrite value_at_most, value_absolute, value_zero, E in H.
  discriminate.
Qed.

Lemma face_spec K d s rows one c held face turn pivots modulus chosen inverse :
  shaped K d s rows = true -> weighting K rows one c = true -> length held = d ->
  check_face K d rows c held face turn pivots modulus chosen inverse = true ->
  forall v, (forall k, (k < d)%nat -> nth k held false = true -> v k = 0) ->
    (forall i, (i < length rows)%nat -> 0 < normalized K c i -> dot d (matrix_of K s rows i) v = 0) ->
    exists a, forall k, (k < d)%nat -> v k = sum (length face) (fun l => a l * entry K (nth l face []) k).
Proof.
  intros Hsh Hwt Hheld Hcheck v Hv Hrows.
  destruct (shaped_spec K d s rows Hsh) as [Hs [_ Hl]]. destruct (weighting_spec K rows one c Hwt) as [_ [Ht _]].
  unfold check_face in Hcheck. cbv zeta in Hcheck. repeat rewrite andb_true_iff in Hcheck.
  destruct Hcheck as [[[[[Hface Hturn] Hlt] Hlp] Heach] Halone].
  apply Nat.eqb_eq in Hlt. apply Nat.eqb_eq in Hlp. rewrite forallb_forall in Heach. set (f := length face) in *.
  set (R := fun m => entry K (combined K d (nth m turn []) face)).
  assert (Each : forall m, (m < f)%nat ->
            (forall k, (k < d)%nat -> nth k held false = true -> R m k = 0) /\
            (forall i, (i < length rows)%nat -> 0 < normalized K c i -> dot d (matrix_of K s rows i) (R m) = 0) /\
            (forall q, (q < f)%nat -> q <> m -> R m (nth q pivots O) = 0) /\ R m (nth m pivots O) <> 0).
  { intros m Hm. specialize (Heach m (proj2 (in_seq f 0 m) ltac:(lia))). cbv beta in Heach.
    repeat rewrite andb_true_iff in Heach. destruct Heach as [[H1 H2] H3]. rewrite forallb_forall in H1, H2, H3.
    split; [|split; [|split]].
    - intros k Hk Eh. specialize (H1 k (proj2 (in_seq d 0 k) ltac:(lia))). cbv beta in H1. rewrite Eh in H1.
      apply vanishes_entry. exact H1.
    - intros i Hi Hc. specialize (H2 i (proj2 (in_seq (length rows) 0 i) ltac:(lia))). cbv beta in H2.
      apply orb_true_iff in H2. destruct H2 as [H2|H2].
      + exfalso. unfold normalized, vector_of in Hc. rewrite (vanishes_entry K c i H2) in Hc. unfold Rdiv in Hc. lra.
      + apply vanishes_value in H2. pose proof (inner_value K d (nth i rows []) (combined K d (nth m turn []) face) ltac:(rewrite Hl by exact Hi; lia)) as V.
        rewrite H2 in V. unfold dot, matrix_of, vector_of, Rdiv.
        rewrite (sum_ext d _ (fun k => entry K (nth i rows []) k * R m k * / IZR (value K s))) by (intros; ring).
        rewrite sum_scal_r. unfold R. rewrite <- V. ring.
    - intros q Hq Hne. specialize (H3 q (proj2 (in_seq f 0 q) ltac:(lia))). cbv beta zeta in H3.
      rewrite (proj2 (Nat.eqb_neq q m) Hne) in H3. apply vanishes_entry. exact H3.
    - specialize (H3 m (proj2 (in_seq f 0 m) ltac:(lia))). cbv beta zeta in H3. rewrite Nat.eqb_refl in H3.
      apply not_vanishes_entry. apply negb_true_iff. exact H3. }
  set (b := fun m => v (nth m pivots O) / R m (nth m pivots O)).
  assert (Hzero : forall k, (k < d)%nat -> v k - sum f (fun m => b m * R m k) = 0).
  { apply (alone_spec K d s rows one c _ modulus chosen inverse Hsh Hwt ltac:(rewrite length_map; apply length_seq) Halone).
    - intros k Hk Eh. rewrite nth_seq_map in Eh by exact Hk. apply orb_true_iff in Eh. destruct Eh as [Eh|Eh].
      + rewrite (Hv k Hk Eh), sum_zero; [ring|]. intros m Hm. destruct (Each m Hm) as [E1 _]. rewrite (E1 k Hk Eh). ring.
      + apply existsb_exists in Eh. destruct Eh as [p [Hp E]]. apply Nat.eqb_eq in E. subst p.
        apply (In_nth _ _ O) in Hp. destruct Hp as [q [Hq E]]. rewrite Hlp in Hq.
        rewrite (sum_one f _ q Hq).
        * destruct (Each q Hq) as [_ [_ [_ E4]]]. unfold b. rewrite E in *. field. exact E4.
        * intros m Hm Hne. destruct (Each m Hm) as [_ [_ [E3 _]]]. rewrite <- E, (E3 q Hq) by congruence. ring.
    - intros i Hi Hc. rewrite dot_minus_r, (Hrows i Hi Hc).
      assert (Z : dot d (matrix_of K s rows i) (fun k => sum f (fun m => b m * R m k)) = 0); [|rewrite Z; ring].
      unfold dot. rewrite (sum_ext d _ (fun k => sum f (fun m => matrix_of K s rows i k * (b m * R m k))))
        by (intros k _; symmetry; apply sum_scal).
      rewrite sum_swap. apply sum_zero. intros m Hm. destruct (Each m Hm) as [_ [E2 _]].
      rewrite (sum_ext d _ (fun k => b m * (matrix_of K s rows i k * R m k))) by (intros; ring).
      rewrite sum_scal. change (b m * dot d (matrix_of K s rows i) (R m) = 0). rewrite (E2 i Hi Hc). ring. }
  exists (fun l => sum f (fun m => b m * entry K (nth m turn []) l)). intros k Hk.
  rewrite (Rminus_diag_uniq _ _ (Hzero k Hk)).
  rewrite (sum_ext f (fun l => sum f (fun m => b m * entry K (nth m turn []) l) * entry K (nth l face []) k)
             (fun l => sum f (fun m => b m * entry K (nth m turn []) l * entry K (nth l face []) k)))
    by (intros l _; symmetry; apply sum_scal_r).
  rewrite sum_swap. apply sum_ext. intros m Hm. unfold R.
  rewrite (combined_entry K d k (nth m turn []) face Hface); fold f.
  - rewrite <- sum_scal. apply sum_ext. intros; ring.
  - apply Nat.eqb_eq. apply (forallb_nth _ _ _ [] Hturn). rewrite Hlt. exact Hm.
Qed.

(** Claims: full-batch-linf.
    Certificates of the l_inf max margin that several vectors attain: if both checkers say true, $p/q$ is the l_inf
    max margin, attained at $w$, and every vector of l_inf norm at most 1 and margin at least $p/q$ is $w$ plus a
    combination of the claim's directions. *)
Theorem check_linf_face_sound :
  forall K d s rows t w p q one c face turn pivots modulus chosen inverse,
    check_linf K d s rows t w p q one c = true ->
    check_face K d rows c (held_linf K (combined K d c rows)) face turn pivots modulus chosen inverse = true ->
    max_margin linf (length rows) d (matrix_of K s rows) (vector_of K t w) (IZR (value K p) / IZR (value K q)) /\
    forall u, linf d u <= 1 ->
      (forall i, (i < length rows)%nat -> IZR (value K p) / IZR (value K q) <= dot d (matrix_of K s rows i) u) ->
      exists a, forall k, (k < d)%nat ->
        u k = vector_of K t w k + sum (length face) (fun l => a l * entry K (nth l face []) k).
Proof.
  intros K d s rows t w p q one c face turn pivots modulus chosen inverse H Hface.
  pose proof (check_linf_sound K d s rows t w p q one c H) as Hmax. split; [exact Hmax|]. intros u Hu Hmu.
  destruct Hmax as [Hw [Hmw _]].
  destruct (check_linf_spec K d s rows t w p q one c H) as [H1 [H5 [Hc [Hdual Hheld]]]].
  destruct (linf_conditions _ _ _ _ _ _ Hc Hdual Hw Hmw) as [Wr [Wp Wn]].
  destruct (linf_conditions _ _ _ _ _ _ Hc Hdual Hu Hmu) as [Ur [Up Un]].
  destruct (face_spec K d s rows one c _ face turn pivots modulus chosen inverse H1 H5 ltac:(unfold held_linf; rewrite length_map; apply combined_length)
              Hface (fun k => u k - vector_of K t w k)) as [a Ha].
  - intros k Hk Eh. specialize (Hheld k Hk Eh).
    destruct (Rtotal_order (combine (length rows) (matrix_of K s rows) (normalized K c) k) 0) as [Hlt|[He|Hgt]]; [|contradiction|].
    + rewrite (Un k Hk Hlt), (Wn k Hk Hlt). ring.
    + rewrite (Up k Hk Hgt), (Wp k Hk Hgt). ring.
  - intros i Hi Hp. rewrite dot_minus_r, (Ur i Hi Hp), (Wr i Hi Hp). ring.
  - exists a. intros k Hk. specialize (Ha k Hk). cbv beta in Ha. lra.
Qed.

(** Claims: none.
    Certificates of the l1 max margin that several vectors attain: if both checkers say true, $p/q$ is the l1 max
    margin, attained at $w$, and every vector of l1 norm at most 1 and margin at least $p/q$ is $w$ plus a combination
    of the claim's directions. *)
Theorem check_l1_face_sound :
  forall K d s rows t w p q one c face turn pivots modulus chosen inverse,
    check_l1 K d s rows t w p q one c = true ->
    check_face K d rows c (held_l1 K s p q one (combined K d c rows)) face turn pivots modulus chosen inverse = true ->
    max_margin l1 (length rows) d (matrix_of K s rows) (vector_of K t w) (IZR (value K p) / IZR (value K q)) /\
    forall u, l1 d u <= 1 ->
      (forall i, (i < length rows)%nat -> IZR (value K p) / IZR (value K q) <= dot d (matrix_of K s rows i) u) ->
      exists a, forall k, (k < d)%nat ->
        u k = vector_of K t w k + sum (length face) (fun l => a l * entry K (nth l face []) k).
Proof.
  intros K d s rows t w p q one c face turn pivots modulus chosen inverse H Hface.
  pose proof (check_l1_sound K d s rows t w p q one c H) as Hmax. split; [exact Hmax|]. intros u Hu Hmu.
  destruct Hmax as [Hw [Hmw _]].
  destruct (check_l1_spec K d s rows t w p q one c H) as [H1 [H5 [Hc [Hdual Hheld]]]].
  destruct (l1_conditions _ _ _ _ _ _ Hc Hdual Hw Hmw) as [Wr [_ Wz]].
  destruct (l1_conditions _ _ _ _ _ _ Hc Hdual Hu Hmu) as [Ur [_ Uz]].
  destruct (face_spec K d s rows one c _ face turn pivots modulus chosen inverse H1 H5 ltac:(unfold held_l1; rewrite length_map; apply combined_length)
              Hface (fun k => u k - vector_of K t w k)) as [a Ha].
  - intros k Hk Eh. specialize (Hheld k Hk Eh). rewrite (Uz k Hk Hheld), (Wz k Hk Hheld). ring.
  - intros i Hi Hp. rewrite dot_minus_r, (Ur i Hi Hp), (Wr i Hi Hp). ring.
  - exists a. intros k Hk. specialize (Ha k Hk). cbv beta in Ha. lra.
Qed.
