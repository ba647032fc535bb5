(** Certificates of max margins in l_inf and l1 that one vector attains. *)

From Coq Require Import Reals Lra Lia Arith ZArith List Bool.
From Marginproof Require Import Base MaxMargin Checkers.
Import ListNotations.
Open Scope R_scope.

(** Columns in which maximizers cannot differ: in l_inf those where X'c is not 0, in l1 those where |X'c| is below the
    margin. *)
Definition held_linf (K : numbers) (v : list (carrier K)) : list bool := map (fun a => negb (vanishes K a)) v.
Definition held_l1 (K : numbers) (s p q one : carrier K) (v : list (carrier K)) : list bool :=
  map (fun a => negb (at_most K (mult K p (mult K s one)) (mult K q (absolute K a)))) v.

(** For each column k that is not held, a combination of chosen rows, all of positive weight, in which modulo a number
    above 1 column k has 1, and every other column that is not held 0. *)
Definition isolates (K : numbers) (modulus : carrier K) (held : list bool) (v : list (carrier K)) (k : nat) : bool :=
  forallb (fun j => nth j held false ||
                    same K (remainder K (nth j v (zero K)) modulus) (if Nat.eqb k j then one_of K else zero K))
          (seq 0 (length held)).
Definition check_alone (K : numbers) (d : nat) (rows : list (list (carrier K))) (c : list (carrier K)) (held : list bool)
    (modulus : carrier K) (chosen : list nat) (inverse : list (list (carrier K))) : bool :=
  let among := map (fun i => nth i rows []) chosen in
  negb (at_most K modulus (one_of K)) &&
  forallb (fun i => Nat.ltb i (length rows) && positive K (nth i c (zero K))) chosen &&
  forallb (fun k => nth k held false ||
                    (let l := nth k inverse [] in
                     Nat.eqb (length l) (length chosen) && isolates K modulus held (combined K d l among) k))
          (seq 0 d).

(** A square integer matrix that is the identity modulo m > 1 is regular: its first entry is not 0, and when the first
    column is cleared with it, the rest again is the identity modulo m.  Rows and columns have their numbers in F. *)
Lemma identity_modulo m d (v : nat -> R) : (1 < m)%Z ->
  forall F r, NoDup F -> (forall a, In a F -> (a < d)%nat) ->
    (forall a b, In a F -> In b F -> (r a b mod m = if Nat.eqb a b then 1 else 0)%Z) ->
    (forall a j, In a F -> (j < d)%nat -> ~ In j F -> IZR (r a j) * v j = 0) ->
    (forall a, In a F -> sum d (fun j => IZR (r a j) * v j) = 0) ->
    forall a, In a F -> v a = 0.
Proof.
  intros Hm. induction F as [|f F IH]; intros r Hdup Hd Hid Hoff Hsum a Ha; [contradiction|].
  inversion Hdup as [|x l Hf HF E]. subst x l.
  assert (Rest : forall b, In b F -> v b = 0).
  { apply (IH (fun b j => r f f * r b j - r b f * r f j)%Z HF).
    - intros b Hb. apply Hd. right. exact Hb.
    - intros b e Hb He. rewrite Zminus_mod, (Zmult_mod (r f f)), (Zmult_mod (r b f)).
      rewrite !Hid by (simpl; auto). rewrite Nat.eqb_refl.
      rewrite (proj2 (Nat.eqb_neq b f)) by (intros ->; contradiction).
      destruct (Nat.eqb b e); rewrite ?Z.mul_1_l, ?Z.mul_0_l, ?Zmod_0_l, ?Z.sub_0_r, ?(Zmod_small 1) by lia; reflexivity.
    - intros b j Hb Hj Hn. rewrite minus_IZR, !mult_IZR. destruct (Nat.eq_dec j f) as [->|Hne]; [ring|].
      assert (Hn' : ~ In j (f :: F)) by (intros [E|E]; [congruence|contradiction]).
      pose proof (Hoff b j (or_intror Hb) Hj Hn') as E1. pose proof (Hoff f j (or_introl eq_refl) Hj Hn') as E2.
      replace ((IZR (r f f) * IZR (r b j) - IZR (r b f) * IZR (r f j)) * v j)
        with (IZR (r f f) * (IZR (r b j) * v j) - IZR (r b f) * (IZR (r f j) * v j)) by ring.
      rewrite E1, E2. ring.
    - intros b Hb.
      rewrite (sum_ext d _ (fun j => IZR (r f f) * (IZR (r b j) * v j) - IZR (r b f) * (IZR (r f j) * v j)))
        by (intros j _; rewrite minus_IZR, !mult_IZR; ring).
      rewrite sum_minus, !sum_scal, (Hsum b (or_intror Hb)), (Hsum f (or_introl eq_refl)). ring. }
  destruct Ha as [<-|Ha]; [|apply Rest; exact Ha].
  pose proof (Hsum f (or_introl eq_refl)) as E. rewrite (sum_one d _ f (Hd f (or_introl eq_refl))) in E.
  - apply Rmult_integral in E. destruct E as [E|E]; [exfalso|exact E]. apply eq_IZR in E.
    pose proof (Hid f f (or_introl eq_refl) (or_introl eq_refl)) as H1. rewrite Nat.eqb_refl, E, Zmod_0_l in H1. discriminate.
  - intros j Hj Hne. destruct (in_dec Nat.eq_dec j F) as [Hin|Hn]; [rewrite (Rest j Hin); ring|].
    apply Hoff; [left; reflexivity|exact Hj|]. intros [->|Hin]; [congruence|contradiction].
Qed.

Lemma same_value K a b : same K a b = true -> value K a = value K b.
Proof.
  intros H. apply andb_true_iff in H. destruct H as [H1 H2]. rewrite value_at_most in H1, H2.
  apply Z.leb_le in H1. apply Z.leb_le in H2. lia.
Qed.

Lemma alone_spec K d s rows one c held modulus chosen inverse :
  shaped K d s rows = true -> weighting K rows one c = true -> length held = d ->
  check_alone K d rows c held modulus chosen inverse = true ->
  forall v, (forall k, (k < d)%nat -> nth k held false = true -> v k = 0) ->
    (forall i, (i < length rows)%nat -> 0 < normalized K c i -> dot d (matrix_of K s rows i) v = 0) ->
    forall k, (k < d)%nat -> v k = 0.
Proof.
  intros Hsh Hwt Hheld Hcheck v Hv Hrows k Hk.
  destruct (shaped_spec K d s rows Hsh) as [Hs [_ Hl]]. destruct (weighting_spec K rows one c Hwt) as [_ [Ht _]].
  destruct (nth k held false) eqn:Eh; [apply Hv; assumption|].
  unfold check_alone in Hcheck. cbv zeta in Hcheck. set (among := map (fun i => nth i rows []) chosen) in *.
  repeat rewrite andb_true_iff in Hcheck. destruct Hcheck as [[Hm Hch] Hcols]. rewrite forallb_forall in Hch, Hcols.
  apply negb_true_iff in Hm. rewrite value_at_most, value_one in Hm. apply Z.leb_gt in Hm.
  assert (Hr : forallb (fun x => Nat.eqb (length x) d) among = true).
  { apply forallb_forall. intros x Hx. apply in_map_iff in Hx. destruct Hx as [i [<- Hi]]. specialize (Hch i Hi).
    apply andb_true_iff in Hch. apply Nat.eqb_eq, Hl, Nat.ltb_lt, Hch. }
  set (F := filter (fun j => negb (nth j held false)) (seq 0 d)).
  assert (HF : forall j, In j F <-> (j < d)%nat /\ nth j held false = false).
  { intros j. unfold F. rewrite filter_In, in_seq, negb_true_iff. intuition lia. }
  set (r := fun a => combined K d (nth a inverse []) among).
  assert (Each : forall a, In a F -> length (nth a inverse []) = length among /\ isolates K modulus held (r a) a = true).
  { intros a Ha. apply HF in Ha. destruct Ha as [Ha Ea]. specialize (Hcols a (proj2 (in_seq d 0 a) ltac:(lia))).
    cbv zeta beta in Hcols. rewrite Ea in Hcols. cbn [orb] in Hcols. apply andb_true_iff in Hcols.
    destruct Hcols as [H1 H2]. apply Nat.eqb_eq in H1. unfold among. rewrite length_map. split; assumption. }
  apply (identity_modulo (value K modulus) d v Hm F (fun a j => value K (nth j (r a) (zero K)))).
  - apply NoDup_filter, seq_NoDup.
  - intros a Ha. apply HF, Ha.
  - intros a b Ha Hb. destruct (Each a Ha) as [_ Hiso]. unfold isolates in Hiso. rewrite forallb_forall, Hheld in Hiso.
    apply HF in Hb. destruct Hb as [Hb Eb]. specialize (Hiso b (proj2 (in_seq d 0 b) ltac:(lia))). cbv beta in Hiso.
    rewrite Eb in Hiso. cbn [orb] in Hiso. apply same_value in Hiso. rewrite value_remainder in Hiso by lia.
    rewrite Hiso. destruct (Nat.eqb a b); [apply value_one|apply value_zero].
  - intros a j _ Hj Hn. destruct (nth j held false) eqn:Ej; [rewrite (Hv j Hj Ej); ring|].
    exfalso. apply Hn, HF. split; assumption.
  - intros a Ha. destruct (Each a Ha) as [Hlen _].
    transitivity (IZR (value K s) * sum (length among) (fun i => entry K (nth a inverse []) i * dot d (vector_of K s (nth i among [])) v)).
    + rewrite <- sum_scal.
      rewrite (sum_ext d _ (fun j => sum (length among) (fun i => entry K (nth a inverse []) i * entry K (nth i among []) j * v j))).
      * rewrite sum_swap. apply sum_ext. intros i _. unfold dot, vector_of.
        rewrite <- Rmult_assoc, <- sum_scal. apply sum_ext. intros j _. field. lra.
      * intros j _. change (IZR (value K (nth j (r a) (zero K)))) with (entry K (r a) j). unfold r.
        rewrite (combined_entry K d j _ among Hr Hlen), <- sum_scal_r. reflexivity.
    + rewrite sum_zero; [ring|]. intros i Hi. unfold among in *. rewrite length_map in Hi.
      rewrite (nth_indep (map (fun i => nth i rows []) chosen) [] (nth 0 rows [])), (map_nth (fun i => nth i rows [])) by (rewrite length_map; exact Hi).
      specialize (Hch _ (nth_In chosen 0%nat Hi)). apply andb_true_iff in Hch. destruct Hch as [H1 H2].
      apply Nat.ltb_lt in H1. change (vector_of K s (nth (nth i chosen 0%nat) rows [])) with (matrix_of K s rows (nth i chosen 0%nat)).
      rewrite Hrows; [ring|exact H1|]. apply positive_value in H2. apply Rdiv_lt_0_compat; assumption.
  - apply HF. split; assumption.
Qed.

(** What the checker of l_inf gives besides: the dual is optimal, and (X'c)_k is not 0 in the columns that are held. *)
Lemma check_linf_spec K d s rows t w p q one c : check_linf K d s rows t w p q one c = true ->
  shaped K d s rows = true /\ weighting K rows one c = true /\ simplex (length rows) (normalized K c) /\
  l1 d (combine (length rows) (matrix_of K s rows) (normalized K c)) <= IZR (value K p) / IZR (value K q) /\
  forall k, (k < d)%nat -> nth k (held_linf K (combined K d c rows)) false = true ->
    combine (length rows) (matrix_of K s rows) (normalized K c) k <> 0.
Proof.
  intros H.
  pose proof H as H'. unfold check_linf in H'. repeat rewrite andb_true_iff in H'.
  destruct H' as [[[[[[[[H1 H2] H3] H4] H5] H0] H6] H7] H8]. apply positive_value in H3.
  destruct (shaped_spec K d s rows H1) as [Hs [Hr Hl]]. destruct (weighting_spec K rows one c H5) as [Hlen [Ht Hc]].
  assert (Hz : 0 < IZR (value K s) * IZR (value K (total K c))) by (apply Rmult_lt_0_compat; assumption).
  (* Weak duality with the maximizer itself gives the dual's optimality. *)
  assert (Hdual : l1 d (combine (length rows) (matrix_of K s rows) (normalized K c)) <= IZR (value K p) / IZR (value K q)).
  { apply at_most_value in H8. rewrite !value_mult, !mult_IZR in H8.
    assert (E : l1 d (combine (length rows) (matrix_of K s rows) (normalized K c))
                = IZR (value K (total K (map (absolute K) (combined K d c rows)))) / (IZR (value K s) * IZR (value K (total K c)))).
    { rewrite (total_value K (map (absolute K) (combined K d c rows)) d) by (rewrite length_map; apply combined_length).
      unfold l1, Rdiv. rewrite <- sum_scal_r. apply sum_ext. intros k _. rewrite (combined_value K d) by assumption.
      rewrite abs_div, abs_entry by exact Hz. reflexivity. }
    rewrite E. set (A := IZR (value K (total K (map (absolute K) (combined K d c rows))))) in *.
    apply (Rmult_le_reg_l (IZR (value K q) * (IZR (value K s) * IZR (value K (total K c))))); [apply Rmult_lt_0_compat; assumption|].
    replace (IZR (value K q) * (IZR (value K s) * IZR (value K (total K c))) * (A / (IZR (value K s) * IZR (value K (total K c)))))
      with (IZR (value K q) * A) by (field; lra).
    replace (IZR (value K q) * (IZR (value K s) * IZR (value K (total K c))) * (IZR (value K p) / IZR (value K q)))
      with (IZR (value K p) * (IZR (value K s) * IZR (value K (total K c)))) by (field; lra). exact H8. }
  split; [exact H1|]. split; [exact H5|]. split; [exact Hc|]. split; [exact Hdual|].
  intros k Hk Hheld. rewrite (combined_value K d) by assumption.
  unfold held_linf in Hheld.
  rewrite (nth_indep _ false (negb (vanishes K (zero K)))) in Hheld by (rewrite length_map, combined_length; exact Hk).
  rewrite (map_nth (fun a => negb (vanishes K a))) in Hheld. apply negb_true_iff in Hheld.
  apply Rmult_integral_contrapositive_currified; [|apply Rgt_not_eq, Rinv_0_lt_compat; exact Hz].
  unfold entry. apply not_0_IZR. intros E. unfold vanishes in Hheld.
  rewrite value_at_most, value_absolute, value_zero, E in Hheld. discriminate.
Qed.

(** Claims: full-batch-linf.
    Certificates of the l_inf max margin with one maximizer: if both checkers say true, $p/q$ is the l_inf max margin,
    attained at $w$, and every vector of l_inf norm at most 1 and margin at least $p/q$ is $w$. *)
Theorem check_linf_alone_sound :
  forall K d s rows t w p q one c modulus chosen inverse,
    check_linf K d s rows t w p q one c = true ->
    check_alone K d rows c (held_linf K (combined K d c rows)) modulus chosen inverse = true ->
    max_margin linf (length rows) d (matrix_of K s rows) (vector_of K t w) (IZR (value K p) / IZR (value K q)) /\
    forall u, linf d u <= 1 ->
      (forall i, (i < length rows)%nat -> IZR (value K p) / IZR (value K q) <= dot d (matrix_of K s rows i) u) ->
      forall k, (k < d)%nat -> u k = vector_of K t w k.
Proof.
  intros K d s rows t w p q one c modulus chosen inverse H Halone.
  pose proof (check_linf_sound K d s rows t w p q one c H) as Hmax. split; [exact Hmax|]. intros u Hu Hmu.
  destruct Hmax as [Hw [Hmw _]].
  destruct (check_linf_spec K d s rows t w p q one c H) as [H1 [H5 [Hc [Hdual Hheld]]]].
  apply (linf_unique _ _ _ _ _ (vector_of K t w) u Hc Hdual); try assumption.
  intros v Hv Hrows. apply (alone_spec K d s rows one c (held_linf K (combined K d c rows)) modulus chosen inverse H1 H5); [|exact Halone| |exact Hrows].
  - unfold held_linf. rewrite length_map. apply combined_length.
  - intros k Hk Eh. apply (Hv k Hk). exact (Hheld k Hk Eh).
Qed.

(** The same of l1: |(X'c)_k| is below the margin in the columns that are held. *)
Lemma check_l1_spec K d s rows t w p q one c : check_l1 K d s rows t w p q one c = true ->
  shaped K d s rows = true /\ weighting K rows one c = true /\ simplex (length rows) (normalized K c) /\
  linf d (combine (length rows) (matrix_of K s rows) (normalized K c)) <= IZR (value K p) / IZR (value K q) /\
  forall k, (k < d)%nat -> nth k (held_l1 K s p q one (combined K d c rows)) false = true ->
    Rabs (combine (length rows) (matrix_of K s rows) (normalized K c) k) < IZR (value K p) / IZR (value K q).
Proof.
  intros H.
  pose proof H as H'. unfold check_l1 in H'. repeat rewrite andb_true_iff in H'.
  destruct H' as [[[[[[[[H1 H2] H3] H4] H5] H6] H7] H8] H9]. apply positive_value in H3. apply positive_value in H6.
  destruct (shaped_spec K d s rows H1) as [Hs [Hr Hl]]. destruct (weighting_spec K rows one c H5) as [Hlen [Ht Hc]].
  assert (Hz : 0 < IZR (value K s) * IZR (value K (total K c))) by (apply Rmult_lt_0_compat; assumption).
  assert (Hone : IZR (value K one) = IZR (value K (total K c))).
  { unfold weighting, same in H5. repeat rewrite andb_true_iff in H5. destruct H5 as [_ [Ha Hb]].
    apply at_most_value in Ha. apply at_most_value in Hb. lra. }
  assert (Scale : forall A, IZR (value K q) * A <= IZR (value K p) * (IZR (value K s) * IZR (value K (total K c))) <->
                            A / (IZR (value K s) * IZR (value K (total K c))) <= IZR (value K p) / IZR (value K q)).
  { intros A. set (z := IZR (value K s) * IZR (value K (total K c))) in *.
    assert (Hqz : 0 < IZR (value K q) * z) by (apply Rmult_lt_0_compat; assumption).
    assert (E1 : IZR (value K q) * z * (A / z) = IZR (value K q) * A) by (field; lra).
    assert (E2 : IZR (value K q) * z * (IZR (value K p) / IZR (value K q)) = IZR (value K p) * z) by (field; lra).
    split; intros L.
    - apply (Rmult_le_reg_l (IZR (value K q) * z)); [exact Hqz|]. rewrite E1, E2. exact L.
    - rewrite <- E1, <- E2. apply Rmult_le_compat_l; lra. }
  assert (Hdual : linf d (combine (length rows) (matrix_of K s rows) (normalized K c)) <= IZR (value K p) / IZR (value K q)).
  { apply linf_le; [apply Rlt_le, Rdiv_lt_0_compat; assumption|]. intros k Hk.
    rewrite (combined_value K d) by assumption. rewrite abs_div by exact Hz. apply Scale.
    pose proof (forallb_nth _ _ k (zero K) H9 ltac:(rewrite combined_length; exact Hk)) as P. apply at_most_value in P.
    rewrite !value_mult, !mult_IZR, value_absolute, abs_IZR in P. exact P. }
  split; [exact H1|]. split; [exact H5|]. split; [exact Hc|]. split; [exact Hdual|].
  intros k Hk Hheld. rewrite (combined_value K d) by assumption. rewrite abs_div by exact Hz.
  unfold held_l1 in Hheld. set (f := fun a => negb (at_most K (mult K p (mult K s one)) (mult K q (absolute K a)))) in *.
  rewrite (nth_indep _ false (f (zero K))) in Hheld by (rewrite length_map, combined_length; exact Hk).
  rewrite (map_nth f) in Hheld. unfold f in Hheld. apply negb_true_iff in Hheld. rewrite value_at_most in Hheld.
  apply Z.leb_gt, IZR_lt in Hheld. rewrite !value_mult, !mult_IZR, value_absolute, abs_IZR, Hone in Hheld.
  fold (entry K (combined K d c rows) k) in Hheld. set (A := Rabs (entry K (combined K d c rows) k)) in *.
  apply Rnot_le_lt. intros L.
  assert (Hqz : 0 < IZR (value K q) * (IZR (value K s) * IZR (value K (total K c)))) by (apply Rmult_lt_0_compat; assumption).
  apply (Rmult_le_compat_l _ _ _ (Rlt_le _ _ Hqz)) in L.
  replace (IZR (value K q) * (IZR (value K s) * IZR (value K (total K c))) * (A / (IZR (value K s) * IZR (value K (total K c)))))
    with (IZR (value K q) * A) in L by (field; lra).
  replace (IZR (value K q) * (IZR (value K s) * IZR (value K (total K c))) * (IZR (value K p) / IZR (value K q)))
    with (IZR (value K p) * (IZR (value K s) * IZR (value K (total K c)))) in L by (field; lra). lra.
Qed.

(** Claims: none.
    Certificates of the l1 max margin with one maximizer: if both checkers say true, $p/q$ is the l1 max margin,
    attained at $w$, and every vector of l1 norm at most 1 and margin at least $p/q$ is $w$. *)
Theorem check_l1_alone_sound :
  forall K d s rows t w p q one c modulus chosen inverse,
    check_l1 K d s rows t w p q one c = true ->
    check_alone K d rows c (held_l1 K s p q one (combined K d c rows)) modulus chosen inverse = true ->
    max_margin l1 (length rows) d (matrix_of K s rows) (vector_of K t w) (IZR (value K p) / IZR (value K q)) /\
    forall u, l1 d u <= 1 ->
      (forall i, (i < length rows)%nat -> IZR (value K p) / IZR (value K q) <= dot d (matrix_of K s rows i) u) ->
      forall k, (k < d)%nat -> u k = vector_of K t w k.
Proof.
  intros K d s rows t w p q one c modulus chosen inverse H Halone.
  pose proof (check_l1_sound K d s rows t w p q one c H) as Hmax. split; [exact Hmax|]. intros u Hu Hmu.
  destruct Hmax as [Hw [Hmw _]].
  destruct (check_l1_spec K d s rows t w p q one c H) as [H1 [H5 [Hc [Hdual Hheld]]]].
  apply (l1_unique _ _ _ _ _ (vector_of K t w) u Hc Hdual); try assumption.
  intros v Hv Hrows. apply (alone_spec K d s rows one c (held_l1 K s p q one (combined K d c rows)) modulus chosen inverse H1 H5); [|exact Halone| |exact Hrows].
  - unfold held_l1. rewrite length_map. apply combined_length.
  - intros k Hk Eh. apply (Hv k Hk). exact (Hheld k Hk Eh).
Qed.
